// SPDX-License-Identifier: Apache-2.0
// Listeners behind HTTP proxies: which entry of X-Forwarded-For is the client, and who is told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/ari.mjs';
import { createStream, HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { totalsOf } from './lib/totals.mjs';

let server, metadata, data;
const ports = [];

before(async () => {
  const set = await adapterSet({ metadata: {} });
  for (let hops = 0; hops < 3; ++hops) ports.push(await freePort());
  server = await Server.start({
    adapter_set: [set],
    server: { shards: 3 },
    listener: ports.map((port, hops) => ({ name: `behind ${hops}`, port, skip_local_forwards: hops })),
  });
  metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  data = await DataAdapter.start(set.data_adapter[0].request_reply_port);
});

after(async () => {
  for (const adapter of [metadata, data]) adapter.kill();
  await server.stop();
  assert.equal(totalsOf(server.log).bad_forwards, 2);
});

async function context(id) {
  const told = metadata.strings(await metadata.seen('NNS', ([, session]) => session === id)).slice(2);
  return Object.fromEntries(Array.from({ length: told.length / 2 }, (_, i) => told.slice(2 * i, 2 * i + 2)));
}

const kList = '198.51.100.1, 203.0.113.2:5000, 2001:db8::3';

for (const [hops, list, ip, farther] of [
  [0, kList, '127.0.0.1', kList],
  [1, kList, '2001:db8::3', '198.51.100.1, 203.0.113.2:5000'],
  [2, kList, '203.0.113.2', '198.51.100.1'],
  [2, '203.0.113.9', '203.0.113.9', undefined],
  [1, undefined, '127.0.0.1', undefined],
  [1, '203.0.113.2, unknown', '127.0.0.1', '203.0.113.2'],
]) {
  test(`${hops} proxies, ${list}: the client is ${ip}`, async () => {
    const headers = list === undefined ? {} : { 'X-Forwarded-For': list };
    const stream = await createStream(ports[hops], { headers });
    assert.equal(await stream.next('CLIENTIP'), `CLIENTIP,${ip}`);
    const socket = await TlcpSocket.session(ports[hops], { headers });
    assert.equal(await socket.next('CLIENTIP'), `CLIENTIP,${ip}`);
    for (const one of [stream, socket]) {
      const { REMOTE_IP, REMOTE_PORT, FORWARDING_INFO } = await context(one.sessionId);
      assert.deepEqual({ REMOTE_IP, FORWARDING_INFO }, { REMOTE_IP: ip, FORWARDING_INFO: farther });
      assert.match(REMOTE_PORT, /^\d+$/);
    }
    stream.destroy();
    socket.terminate();
  });
}

test('each request of a connection is whose its header says', async () => {
  const connection = await HttpConnection.open(ports[1]);
  const poll = '&LS_polling=true&LS_polling_millis=5000&LS_idle_millis=0&LS_send_sync=false';
  for (const [i, ip] of ['203.0.113.1', '203.0.113.2', undefined].entries()) {
    const headers = ip === undefined ? {} : { 'X-Forwarded-For': ip };
    connection.post('create_session', `${kCid}&LS_adapter_set=DEMO${poll}`, { headers });
    assert.match((await connection.response(i)).body, new RegExp(`CLIENTIP,${ip ?? '127.0.0.1'}\r\n`));
  }
  connection.destroy();
});

test('a session that moves to another address is told so, on whichever shard it lives', async () => {
  const stream = await createStream(ports[1], { headers: { 'X-Forwarded-For': '203.0.113.1' }, params: '&LS_polling=true&LS_polling_millis=10000&LS_idle_millis=0' });
  await stream.response();
  for (let i = 1; i <= 10; ++i) {
    const ip = `203.0.113.${10 + i}`;
    const headers = { 'X-Forwarded-For': ip };
    const socket = await TlcpSocket.open(ports[1], { headers });
    socket.send(`bind_session\r\nLS_session=${stream.sessionId}&LS_send_sync=false`);
    assert.equal(await socket.next('CLIENTIP'), `CLIENTIP,${ip}`);
    const http = await HttpConnection.open(ports[1]);
    http.post('bind_session', `LS_session=${stream.sessionId}&LS_send_sync=false`, { headers: { 'X-Forwarded-For': `203.0.113.${100 + i}` } });
    assert.equal(await http.next('CLIENTIP'), `CLIENTIP,203.0.113.${100 + i}`);
    socket.terminate();
    http.destroy();
  }
});
