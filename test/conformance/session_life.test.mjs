// SPDX-License-Identifier: Apache-2.0
// How long sessions live: keepalives, dropped streams, timeouts, replaced sessions, limits.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/ari.mjs';
import { control, createStream, HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { never, until } from './lib/wait.mjs';

let server;
let metadata;
let data;

before(async () => {
  const set = await adapterSet({ metadata: {} });
  server = await Server.start({
    adapter_set: [set],
    session: { timeout_millis: 600, recovery_millis: 600, keepalive_millis: 1000, keepalive_min_millis: 200, sync_interval_seconds: 1 },
  });
  metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  data = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '1' } } });
});
after(async () => {
  metadata?.kill();
  data?.kill();
  await server?.stop();
});

test('a quiet stream gets PROBE at the asked interval, within the limits of the file', async () => {
  const started = Date.now();
  const socket = await TlcpSocket.session(server.port, { params: '&LS_keepalive_millis=300' });
  assert.equal(socket.find('CONOK').split(',')[3], '300');
  await socket.next('PROBE');
  await socket.next('PROBE');
  const took = Date.now() - started;
  assert.ok(took >= 350 && took < 10000, `two probes took ${took} ms`);
  socket.terminate();
  const greedy = await TlcpSocket.session(server.port, { params: '&LS_keepalive_millis=1' });
  assert.equal(greedy.find('CONOK').split(',')[3], '200');
  greedy.terminate();
});

test('PROBE over HTTP streaming too; SYNC only if not refused', async () => {
  const stream = await createStream(server.port, { params: '&LS_keepalive_millis=300' });
  await stream.next('PROBE');
  await never('SYNC', () => stream.find('SYNC'), 1300);
  stream.destroy();
  const socket = await TlcpSocket.open(server.port);
  socket.send('wsok');
  socket.send(`create_session\r\n${kCid}&LS_adapter_set=DEMO`);
  assert.match(await socket.next('SYNC'), /^SYNC,\d+$/);
  socket.terminate();
});

for (const kind of ['WebSocket', 'HTTP stream']) {
  test(`a dropped ${kind}: the session waits recovery_millis, then is closed for good`, async () => {
    const item = `drop-${kind[0]}`;
    let session;
    const started = Date.now();
    if (kind === 'WebSocket') {
      const socket = await TlcpSocket.session(server.port);
      await socket.subscribe(1, item, 'a');
      session = socket.sessionId;
      socket.terminate();
    } else {
      const stream = await createStream(server.port);
      session = stream.sessionId;
      await control(server.port, session, `LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=${item}&LS_schema=a`);
      stream.destroy();
    }
    await metadata.seen('NSC', ([id]) => id === session);
    const took = Date.now() - started;
    assert.ok(took >= 400 && took < 15000, `closed after ${took} ms`);
    await until('USB', () => data.count(`USB ${item}`) === 1);
    const http = await HttpConnection.open(server.port);
    http.post('bind_session', `LS_session=${session}`);
    assert.match((await http.response(0)).body, /^CONERR,20,|^END,/);
    http.destroy();
  });
}

test('a session between two polls is kept for LS_polling_millis and the timeout', async () => {
  const http = await HttpConnection.open(server.port);
  http.post('create_session', `${kCid}&LS_adapter_set=DEMO&LS_polling=true&LS_polling_millis=3000&LS_idle_millis=0`);
  const { body } = await http.response(0);
  const session = body.split(',')[1];
  assert.match(body, /LOOP,3000\r\n$/);
  await never('its end', () => metadata.all('NSC').some((packet) => metadata.strings(packet)[0] === session), 2000);
  await metadata.seen('NSC', ([id]) => id === session);
  http.destroy();
});

test('LS_old_session: the session that the new one replaces is closed', async () => {
  const old = await TlcpSocket.session(server.port);
  const fresh = await TlcpSocket.session(server.port, { params: `&LS_old_session=${old.sessionId}` });
  await metadata.seen('NSC', ([id]) => id === old.sessionId);
  assert.ok(!metadata.all('NSC').some((packet) => metadata.strings(packet)[0] === fresh.sessionId));
  old.terminate();
  fresh.terminate();
});

test('session ids cannot be guessed', async () => {
  const sockets = await Promise.all(Array.from({ length: 30 }, () => TlcpSocket.session(server.port)));
  const ids = sockets.map((socket) => socket.sessionId);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[A-Za-z0-9]{16,}$/);
  // At least 20 characters in a row differ between neighbours in most places.
  const same = [...ids[0]].filter((c, i) => ids.every((id) => id[i] === c)).length;
  assert.ok(ids[0].length - same >= 16, `${same} of ${ids[0].length} characters are the same in all ids`);
  sockets.forEach((socket) => socket.terminate());
});

test('max_sessions: one more is refused with code 8, and let in when another has gone', async () => {
  const small = await Server.start({ adapter_set: [await adapterSet()], limits: { max_sessions: 2 }, server: { shards: 1 } });
  const first = await TlcpSocket.session(small.port);
  const second = await TlcpSocket.session(small.port);
  const third = await TlcpSocket.open(small.port);
  third.send('wsok');
  third.send(`create_session\r\n${kCid}&LS_adapter_set=DEMO`);
  await third.next('CONERR,8');
  first.control('LS_reqId=1&LS_op=destroy');
  await first.next('END');
  const fourth = await TlcpSocket.session(small.port);
  for (const socket of [first, second, third, fourth]) socket.terminate();
  await small.stop();
});

test('a client that reads nothing: the session is conflated, not killed, and ends on the last value', async () => {
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'slow', 'a');
  await socket.next('U,1,1,1');
  socket.raw.pause();
  const filler = 'x'.repeat(20000);
  for (let i = 0; i < 1500; ++i) data.update('slow', { a: `${i}:${filler}` });
  data.update('slow', { a: 'the last' });
  await new Promise((resolve) => setTimeout(resolve, 500));
  socket.raw.resume();
  await socket.next('U,1,1,the last');
  assert.ok(socket.count('U') < 1500, 'updates were conflated');
  assert.equal(socket.closed, null);
  socket.terminate();
});

test('PROBEs come early by up to the share of the file, and never late', async () => {
  const set = await adapterSet();
  const jittery = await Server.start({ adapter_set: [set], session: { keepalive_min_millis: 400, keepalive_jitter_percent: 50 } });
  try {
    const begun = Date.now();
    const socket = await TlcpSocket.session(jittery.port, { params: '&LS_keepalive_millis=400' });
    const gaps = [];
    for (let last = Date.now(), i = 0; i < 15; ++i) {
      await socket.next('PROBE');
      gaps.push(Date.now() - last);
      last += gaps.at(-1);
    }
    const all = Date.now() - begun;
    assert.ok(all >= 15 * 200, `${gaps}`);
    // One that a slow machine brings late makes the next seem early, but not most of them.
    gaps.sort((a, b) => a - b);
    assert.ok(gaps[3] < 370, `none comes early: ${gaps}`);
    assert.ok(gaps[7] >= 200 && gaps[7] <= 440, `${gaps}`);
    assert.ok(gaps[11] - gaps[3] > 15, `all the same: ${gaps}`);
    socket.terminate();
  } finally {
    await jittery.stop();
  }
});
