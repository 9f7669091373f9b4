// SPDX-License-Identifier: Apache-2.0
// TLCP over HTTP: streaming, polling, control requests on connections of their own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { control, createStream, HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { kPatience, never, until } from './lib/wait.mjs';

let server;
let adapter;

before(async () => {
  const set = await adapterSet();
  server = await Server.start({ adapter_set: [set], session: { content_length_min_bytes: 1000 } });
  adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '1' } } });
});
after(async () => {
  adapter?.kill();
  await server?.stop();
});

const add = (id, item) => `LS_reqId=${id}&LS_op=add&LS_subId=${id}&LS_mode=MERGE&LS_group=${item}&LS_schema=a&LS_snapshot=true`;

async function poll(session, { idle = 5000, connection } = {}) {
  const http = connection ?? (await HttpConnection.open(server.port));
  const index = http.responses.length;
  http.post('bind_session', `LS_session=${session}&LS_polling=true&LS_polling_millis=0&LS_idle_millis=${idle}`);
  const response = await http.response(index, idle + kPatience);
  if (!connection) http.destroy();
  return response.body.split('\r\n').filter(Boolean);
}

async function createPoll() {
  const http = await HttpConnection.open(server.port);
  http.post('create_session', `${kCid}&LS_adapter_set=DEMO&LS_polling=true&LS_polling_millis=0&LS_idle_millis=0`);
  const { body } = await http.response();
  http.destroy();
  const lines = body.split('\r\n').filter(Boolean);
  assert.match(lines[0], /^CONOK,[^,]+,50000,0,\*$/);
  assert.equal(lines.at(-1), 'LOOP,0');
  return lines[0].split(',')[1];
}

test('a stream: the head tells browsers and proxies not to hold it back', async () => {
  const stream = await createStream(server.port);
  const { status, headers } = stream.responses[0];
  assert.equal(status, 200);
  assert.equal(headers['transfer-encoding'], 'chunked');
  assert.match(headers['content-type'], /charset=utf-8/i);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.match(headers['cache-control'], /no-store/);
  stream.destroy();
});

test('a stream gets what control requests on another connection ask for', async () => {
  const stream = await createStream(server.port);
  assert.deepEqual(await control(server.port, stream.sessionId, `${add(1, 'h1')}\r\n${add(2, 'h2')}\r\nLS_reqId=3&LS_op=delete&LS_subId=99`).then((lines) => lines.map((line) => line.split(',').slice(0, 2).join(',')).sort()), ['REQERR,3', 'REQOK,1', 'REQOK,2']);
  await stream.next('SUBOK,1');
  await until('both snapshots', () => stream.find('U,1,1,1') && stream.find('U,2,1,1'));
  adapter.update('h1', { a: 'zwölf' });
  await stream.next('U,1,1,zwölf');
  assert.deepEqual(await control(server.port, stream.sessionId, 'LS_reqId=4&LS_op=destroy'), ['REQOK,4']);
  await stream.next('END,31');
  await stream.response(0);
  stream.destroy();
});

test('several control requests on one connection, one after the other and pipelined', async () => {
  const stream = await createStream(server.port);
  const http = await HttpConnection.open(server.port);
  const query = `&LS_session=${stream.sessionId}`;
  http.post('control', add(1, 'k1'), { query });
  assert.equal((await http.response(0)).body, 'REQOK,1\r\n');
  for (let i = 2; i <= 6; ++i) http.post('control', add(i, `k${i}`), { query });
  for (let i = 2; i <= 6; ++i) assert.equal((await http.response(i - 1)).body, `REQOK,${i}\r\n`);
  http.post('heartbeat', '\r\n', { query });
  assert.equal((await http.response(6)).body, 'REQOK\r\n');
  http.destroy();
  stream.destroy();
});

test('polling: an empty poll is held, and answered as soon as there is something', async () => {
  const session = await createPoll();
  await control(server.port, session, add(1, 'p1'));
  const first = await poll(session);
  assert.ok(first.some((line) => line.startsWith('SUBOK,1,')), first.join('\n'));
  if (!first.includes('U,1,1,1')) await until('the snapshot', async () => (await poll(session)).includes('U,1,1,1'));

  const started = Date.now();
  const http = await HttpConnection.open(server.port);
  const held = poll(session, { connection: http, idle: 20000 });
  await never('an answer to an empty poll', () => http.responses[0]?.done, 400);
  adapter.update('p1', { a: '2' });
  const lines = await held;
  assert.ok(lines.includes('U,1,1,2'));
  assert.equal(lines.at(-1), 'LOOP,0');
  assert.ok(Date.now() - started < 15000);

  // The next poll goes on the same connection.
  adapter.update('p1', { a: '3' });
  assert.ok((await poll(session, { connection: http })).includes('U,1,1,3'));
  http.destroy();
});

test('polling: nothing happens, so the poll ends by itself after LS_idle_millis', async () => {
  const session = await createPoll();
  const started = Date.now();
  const lines = await poll(session, { idle: 700 });
  assert.match(lines[0], new RegExp(`^CONOK,${session},50000,700,`));
  assert.equal(lines.at(-1), 'LOOP,0');
  const took = Date.now() - started;
  assert.ok(took >= 600 && took < 10000, `took ${took} ms`);
});

test('a stream at its content length: LOOP, and the next bind goes on without a loss', async () => {
  const first = await createStream(server.port, { params: '&LS_content_length=2000' });
  const session = first.sessionId;
  await control(server.port, session, add(1, 'long'));
  await first.next('U,1,1,1'); // the adapter has it, and publishes
  let stream = first;
  let binds = 0;
  let last = 0;
  for (let i = 1; i <= 120; ++i) {
    const value = `${i}:${'x'.repeat(100)}`;
    adapter.update('long', { a: value });
    await until(
      () => `update ${i}; got ${stream.all.slice(-3).join('\n')}`,
      async () => {
        if (stream.find(`U,1,1,${value}`)) return true;
        if (!stream.find('LOOP')) return false;
        assert.ok(Buffer.byteLength((await stream.response(0)).body) <= 2000);
        stream.destroy();
        ++binds;
        stream = await HttpConnection.open(server.port);
        stream.post('bind_session', `LS_session=${session}&LS_content_length=2000&LS_send_sync=false`);
        await stream.next(`CONOK,${session}`);
        return false;
      },
    );
    last = i;
  }
  assert.equal(last, 120);
  assert.ok(binds >= 5, `${binds} binds`);
  stream.destroy();
});

test('force_rebind: LOOP on the stream, then the session binds anew', async () => {
  const stream = await createStream(server.port);
  await control(server.port, stream.sessionId, add(1, 'rebind'));
  await stream.next('U,1,1');
  assert.deepEqual(await control(server.port, stream.sessionId, 'LS_reqId=2&LS_op=force_rebind'), ['REQOK,2']);
  await stream.next('LOOP,0');
  await stream.response(0);
  adapter.update('rebind', { a: 'while away' });
  const lines = await poll(stream.sessionId);
  assert.ok(lines.includes('U,1,1,while away'), lines.join('\n'));
  stream.destroy();
});

test('a session unknown to the server: CONERR 20 on bind, REQERR 20 on control', async () => {
  const http = await HttpConnection.open(server.port);
  http.post('bind_session', 'LS_session=Snosuchsession');
  assert.match((await http.response(0)).body, /^CONERR,20,/);
  http.destroy();
  const [line] = await control(server.port, 'Snosuchsession', add(1, 'x'));
  assert.match(line, /^REQERR,1,20,/);
});

test('LS_protocol must be one that the server speaks', async () => {
  const http = await HttpConnection.open(server.port);
  http.request('POST', '/lightstreamer/create_session.txt?LS_protocol=TLCP-9.9.9', { body: kCid });
  const response = await http.response(0);
  assert.match(response.body, /^CONERR,(60|65),/);
  http.destroy();
});

test('a GET with all parameters in the query string', async () => {
  const http = await HttpConnection.open(server.port);
  http.request('GET', `/lightstreamer/create_session.txt?LS_protocol=TLCP-2.5.0&${kCid}&LS_adapter_set=DEMO&LS_polling=true&LS_polling_millis=0&LS_idle_millis=0`);
  assert.match((await http.response(0)).body, /^CONOK,/);
  http.destroy();
});
