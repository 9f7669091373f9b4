// SPDX-License-Identifier: Apache-2.0
// The limits that the contract of adapters over gRPC names, each at its bound.
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { test } from 'node:test';

import grpc from '@grpc/grpc-js';

import { closeLater } from './lib/cleanup.mjs';
import { Client } from './lib/client.mjs';
import { DataAdapter, listening } from './lib/grpc.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const { status } = grpc;

async function started({ data = {}, ...settings } = {}) {
  const set = await adapterSet({ overGrpc: true, data: [{ name: 'DEFAULT', ...data }] });
  const server = await Server.start({ adapter_set: [set], ...settings });
  return { server, port: set.data_adapter[0].request_reply_port };
}

const kLine = 100_000;
// A message of so many bytes, of an event of nobody.
function messageOf(bytes) {
  const make = (filler) => ({ events: { new_fields: ['f'], events: [{ subscription: '0', update: { fields: [{ field: 1, text: 'x'.repeat(filler) }] } }] } });
  return make(bytes - 28); // the rest
}

test('limits.adapter_line_bytes: a message of so many bytes is read, a longer one ends the stream', async () => {
  const { server, port } = await started({ limits: { adapter_line_bytes: kLine } });
  const adapter = await DataAdapter.start(port, { snapshots: { x: { f: '1' } } });
  adapter.send(messageOf(kLine));
  const client = await Client.connected(server.url);
  await (await client.subscribe(['x'], ['f']).active()).shows('x', { f: '1' });
  assert.equal(adapter.closed, false);
  adapter.send(messageOf(kLine + 100));
  assert.equal(await adapter.ended(), status.RESOURCE_EXHAUSTED);
  client.disconnect();
  await server.stop();
  assert.equal(server.totals().connections_lost, 1);
});

test('limits.adapter_line_bytes: one that was dialed is cut off, and dialed again', async () => {
  const dialed = await listening(() => new DataAdapter());
  const set = await adapterSet({ overGrpc: true, data: [{ name: 'DEFAULT', remote_host: '127.0.0.1', request_reply_port: dialed.port, connection_retry_millis: 200 }] });
  const server = await Server.start({ adapter_set: [set], limits: { adapter_line_bytes: kLine } });
  const first = await until('a server', () => dialed.adapters[0]);
  await first.ready();
  first.send(messageOf(kLine));
  first.send(messageOf(kLine + 100));
  await until('the end', () => first.closed);
  await until('another stream', () => dialed.adapters[1]);
  await dialed.adapters[1].ready();
  await until('the line', () => /remote adapter lost.*RESOURCE_EXHAUSTED/.test(server.log));
  dialed.close();
  await server.stop();
});

test('a connection carries a hundred streams, and tells so', async () => {
  const { server, port } = await started();
  const session = closeLater(http2.connect(`http://127.0.0.1:${port}`), (one) => one.destroy());
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  assert.equal(session.remoteSettings.maxConcurrentStreams, 100);
  await server.stop();
});

test('of more than 64 streams that say no Hello the oldest ones are told to come later', async () => {
  const { server, port } = await started();
  const session = closeLater(http2.connect(`http://127.0.0.1:${port}`), (one) => one.destroy());
  const ends = [];
  for (let i = 0; i < 70; ++i) {
    const stream = session.request({ ':method': 'POST', ':path': '/penstock.adapter.v1.AdapterService/Data', 'content-type': 'application/grpc', te: 'trailers' });
    stream.on('response', (headers) => (ends[i] = Number(headers['grpc-status']))).on('error', () => {}).resume();
  }
  await until('six ends', () => ends.filter((one) => one !== undefined).length >= 6);
  assert.deepEqual(ends.filter((one) => one !== undefined), Array(6).fill(status.UNAVAILABLE));
  assert.ok(ends.length <= 64, 'the oldest ones');
  await DataAdapter.start(port);
  session.destroy();
  await server.stop();
});

test('a stream has a million numbers for fields; an event with another one is malformed', async () => {
  const { server, port } = await started();
  const adapter = await DataAdapter.start(port);
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['x'], ['f'], { mode: 'RAW' }).active();
  await adapter.subscribed('x');
  // EventBatch { new_fields: ['f', 'f' ...] }, in bytes: a hundred thousand at a time.
  const names = Buffer.from('\x0a\x01f'.repeat(100_000));
  const head = [0x62]; // DataAdapterMessage.events
  for (let rest = names.length; rest > 0 || head.length === 1; rest >>= 7) head.push((rest & 127) | (rest > 127 ? 128 : 0));
  for (let i = 0; i < 10; ++i) adapter.send(Buffer.concat([Buffer.from(head), names]));
  adapter.send({ events: { new_fields: ['f'] } });
  for (const field of [1, 1_000_000, 1_000_001]) {
    adapter.send({ events: { events: [{ subscription: adapter.active.get('x'), update: { fields: [{ field, text: `of ${field}` }] } }] } });
  }
  adapter.send({ events: { events: [{ subscription: adapter.active.get('x'), update: { fields: [{ field: 2, text: 'last' }] } }] } });
  await record.lists('x', 'f', ['of 1', 'of 1000000', 'last']);
  client.disconnect();
  await server.stop();
  assert.equal(server.totals().malformed_lines, 1);
});
