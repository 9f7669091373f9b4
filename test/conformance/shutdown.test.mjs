// SPDX-License-Identifier: Apache-2.0
// The end of the process, and what its log says about a session's life.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/ari.mjs';
import { Client } from './lib/client.mjs';
import { createStream } from './lib/http.mjs';
import { adapterSet, connects, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

async function start(settings = {}) {
  const set = await adapterSet({ metadata: {} });
  const server = await Server.start({ adapter_set: [set], ...settings });
  const metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  const data = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '1' } } });
  return { server, metadata, data };
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal}: sessions are told to go elsewhere, adapters are told of their ends, exit 0`, async () => {
    const { server, metadata, data } = await start();
    const socket = await TlcpSocket.session(server.port);
    await socket.subscribe(1, 'x', 'a');
    await socket.next('U,1,1');
    const stream = await createStream(server.port);
    server.signal(signal);
    assert.match(await socket.next('END'), /^END,(48|32|41),/);
    assert.match(await stream.next('END'), /^END,(48|32|41),/);
    await socket.closes();
    await until('the end of the stream', () => stream.closed || stream.responses[0].done);
    const end = await server.ended();
    assert.deepEqual(end, { code: 0, signal: null });
    assert.equal(await connects(server.port), false);
    for (const { sessionId } of [socket, stream]) await metadata.seen('NSC', ([id]) => id === sessionId);
    metadata.kill();
    data.kill();
    await server.stop();
  });
}

test('a client of a stopped server finds the next one by itself', async () => {
  const { server, metadata, data } = await start();
  const client = await Client.connected(server.url, { configure: ({ connectionOptions }) => connectionOptions.setRetryDelay(300) });
  const record = await client.subscribe(['x'], ['a']).active();
  await record.shows('x', { a: '1' });
  await server.stop();
  metadata.kill();
  data.kill();
  const set = await adapterSet();
  const next = await Server.start({ listener: [{ port: server.port }], adapter_set: [set] });
  const feed = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: 'next' } } });
  await record.shows('x', { a: 'next' });
  client.disconnect();
  feed.kill();
  await next.stop();
});

test('a stop with no client and no adapter is quick', async () => {
  const server = await Server.start({ server: { drain_timeout_seconds: 15 } });
  const started = Date.now();
  await server.stop();
  assert.ok(Date.now() - started < 12000);
});

test('an empty configuration listens on loopback only', async () => {
  const server = await Server.start({});
  const line = new RegExp(`127\\.0\\.0\\.1:?.*${server.port}|port=${server.port}`);
  await until('the address in the log', () => line.test(server.log));
  await server.stop();
});

test('the log names session, item and adapter of what happens, and never a password', async () => {
  const { server, metadata, data } = await start();
  const socket = await TlcpSocket.session(server.port, { params: '&LS_user=visible&LS_password=do-not-log-me' });
  await socket.subscribe(1, 'logged_item', 'a');
  await socket.next('U,1,1');
  socket.control('LS_reqId=2&LS_op=destroy');
  await socket.next('END');
  data.kill();
  await until('the loss in the log', () => /remote adapter lost" proxy=DEMO\.DEFAULT/.test(server.log));
  metadata.kill();
  await server.stop();
  assert.ok(server.log.includes(`session=${socket.sessionId}`), 'session=');
  assert.match(server.log, /logged_item/);
  assert.ok(!server.log.includes('do-not-log-me'));
});
