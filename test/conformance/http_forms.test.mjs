// SPDX-License-Identifier: Apache-2.0
// The forms of a streaming response (TLCP §1.2): chunks, or the end of the connection; the budget of its body; the
// headers against whoever stands in between. And control requests beside it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { control, createStream, HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

let server;
let adapter;

before(async () => {
  const set = await adapterSet();
  server = await Server.start({
    adapter_set: [set],
    listener: [{ response_headers: [{ name: 'X-Own', value: 'yes' }] }],
    websocket: { max_frame_bytes: 1000 },
  });
  adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '0' } } });
});
after(async () => {
  adapter?.kill();
  await server?.stop();
});

const add = (item) => `LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=${item}&LS_schema=a&LS_snapshot=true`;

test('the body of a stream never exceeds its budget, and ends with LOOP', async () => {
  // One byte more each time, so that every edge of the last line is met.
  const budgets = Array.from({ length: 24 }, (_, i) => 1500 + i * 5 + (i % 5));
  await Promise.all(budgets.map(async (budget, n) => {
    const stream = await createStream(server.port, { params: `&LS_content_length=${budget}` });
    const item = `budget${n}`;
    await control(server.port, stream.sessionId, add(item));
    await stream.next('U,1,1,0');
    for (let i = 1; i <= 40 && !stream.responses[0].done; ++i) {
      adapter.update(item, { a: `${i}-${'x'.repeat(100)}` });
      await until(`update ${i} or the end`, () => stream.responses[0].done || stream.find(`U,1,1,${i}-`), 8000, 2);
    }
    const { body, done } = stream.responses[0];
    assert.ok(done && body.endsWith('LOOP,0\r\n'), body.slice(-100));
    assert.ok(body.length <= budget, `${body.length} of ${budget}`);
    assert.ok(body.length > budget - 160, `${body.length} of ${budget}: it ended too early`);
  }));
});

test('HTTP/1.0: a stream without chunks that ends with its connection', async () => {
  const stream = await HttpConnection.open(server.port);
  const body = `${kCid}&LS_adapter_set=DEMO&LS_send_sync=false&LS_content_length=2000`;
  stream.write(`POST /lightstreamer/create_session.txt?LS_protocol=TLCP-2.5.0 HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  const id = (await stream.next('CONOK')).split(',')[1];
  const { headers } = stream.responses[0];
  assert.equal(headers['transfer-encoding'], undefined);
  assert.equal(headers['content-length'], undefined);
  assert.equal(headers.connection, 'close');
  await control(server.port, id, add('old'));
  await stream.next('U,1,1,0');
  for (let i = 1; i <= 40 && !stream.closed; ++i) {
    adapter.update('old', { a: `${i}-${'x'.repeat(100)}` });
    await until(`update ${i} or the end`, () => stream.closed || stream.find(`U,1,1,${i}-`));
  }
  await stream.closes();
  assert.ok(stream.responses[0].body.endsWith('LOOP,0\r\n'));
  assert.ok(stream.responses[0].body.length <= 2000);
});

test('HTTP/1.0: a poll has a length, and the connection may stay', async () => {
  const poll = await HttpConnection.open(server.port);
  const body = `${kCid}&LS_adapter_set=DEMO&LS_polling=true&LS_polling_millis=0&LS_idle_millis=0`;
  const request = `POST /lightstreamer/create_session.txt?LS_protocol=TLCP-2.5.0 HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  poll.write(request);
  const { headers } = await poll.response(0);
  assert.equal(headers.connection, 'keep-alive');
  poll.write(request);
  await poll.response(1);
});

test('nobody in between may keep, change or hold back an answer', async () => {
  const stream = await createStream(server.port);
  const other = await HttpConnection.open(server.port);
  other.post('control', 'LS_reqId=1&LS_op=constrain&LS_requested_max_bandwidth=9', { query: `&LS_session=${stream.sessionId}` });
  await other.response(0);
  other.post('create_session', `${kCid}&LS_adapter_set=DEMO&LS_polling=true&LS_polling_millis=0&LS_idle_millis=0`);
  await other.response(1);
  for (const { headers } of [stream.responses[0], ...other.responses]) {
    assert.match(headers['cache-control'], /no-store/);
    assert.match(headers['cache-control'], /no-transform/);
    assert.equal(headers['x-accel-buffering'], 'no');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.match(headers['content-type'], /^text\/plain; ?charset=utf-8$/i);
    assert.equal(headers['x-own'], 'yes');
  }
});

test('control requests, batched and pipelined on any connection, beside a stream', async () => {
  const stream = await createStream(server.port);
  const others = await Promise.all([1, 2, 3].map(() => HttpConnection.open(server.port)));
  // Each connection: ten requests at once, each a batch of five.
  for (const [n, other] of others.entries()) {
    for (let k = 0; k < 10; ++k) {
      const batch = Array.from({ length: 5 }, (_, i) => {
        const id = n * 100 + k * 5 + i + 1;
        return `LS_reqId=${id}&LS_op=add&LS_subId=${id}&LS_mode=MERGE&LS_group=item${id}&LS_schema=a&LS_snapshot=true`;
      });
      other.post('control', batch.join('\r\n'), { query: `&LS_session=${stream.sessionId}` });
    }
  }
  for (const [n, other] of others.entries()) {
    for (let k = 0; k < 10; ++k) {
      const lines = (await other.response(k)).body.split('\r\n').filter(Boolean);
      const wanted = Array.from({ length: 5 }, (_, i) => `REQOK,${n * 100 + k * 5 + i + 1}`);
      assert.deepEqual(lines.sort(), wanted.sort());
    }
  }
  await until('all snapshots', () => stream.count(/^U,\d+,1,0$/) === 150);
});

test('a WebSocket message of many requests, in fragments with pings between, is served request by request', async () => {
  const socket = await TlcpSocket.session(server.port);
  const pongs = [];
  socket.raw.on('pong', (data) => pongs.push(data.toString()));
  const lines = Array.from({ length: 20 }, (_, i) => `LS_reqId=${i}&LS_op=add&LS_subId=${i + 1}&LS_mode=MERGE&LS_group=many${i}&LS_schema=a&LS_snapshot=true`);
  const message = `control\r\n${lines.join('\r\n')}`;
  for (let at = 0; at < message.length; at += 100) {
    socket.raw.send(message.slice(at, at + 100), { fin: at + 100 >= message.length, binary: false });
    socket.raw.ping(String(at));
  }
  await until('all answers', () => socket.count('REQOK') === 20 && socket.count(/^U,\d+,1,0$/) === 20);
  assert.equal(pongs.length, Math.ceil(message.length / 100));
});

test('a long message goes out in frames of max_frame_bytes, and is one message', async () => {
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'long', 'a');
  const frames = [];
  socket.raw._socket.on('data', (bytes) => frames.push(bytes));
  adapter.update('long', { a: 'y'.repeat(3500) });
  await socket.next(/^U,1,1,y{3500}$/);
  assert.equal(socket.messages.filter((text) => text.includes('yyy')).length, 1);
  // The header of the first fragment: not the last, text, 1000 bytes.
  const all = Buffer.concat(frames);
  assert.ok(all.includes(Buffer.from([0x01, 126, 1000 >> 8, 1000 & 255])), 'no fragment of 1000 bytes');
});
