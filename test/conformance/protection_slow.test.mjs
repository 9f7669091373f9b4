// SPDX-License-Identifier: Apache-2.0
// Clients that send or read slowly: each has a time for the whole, which no single byte prolongs.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertTold, guarded } from './lib/guarded.mjs';
import { createStream, HttpConnection } from './lib/http.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { pause, until } from './lib/wait.mjs';

const kHealth = '/lightstreamer/healthcheck';
const kLimits = { read_timeout_millis: 2400, body_bytes_per_second_min: 1000 };

// Writes `text` over and over until the connection is closed; gives the milliseconds that took.
async function trickle(connection, text, everyMillis) {
  const start = performance.now();
  const timer = setInterval(() => connection.socket.write(text), everyMillis);
  try {
    await connection.closes();
  } finally {
    clearInterval(timer);
  }
  return performance.now() - start;
}

test('a head that trickles in is answered 408 at the end of its time', async () => {
  let server;
  const counted = await guarded(kLimits, async (world) => {
    server = world.server;
    const connection = await HttpConnection.open(server.port);
    connection.write(`GET ${kHealth} HTTP/1.1\r\nX-Long: `);
    const millis = await trickle(connection, 'x', 50);
    assert.ok(millis > 1800 && millis < 15000, `${millis}`);
    assert.equal(connection.responses[0].status, 408);
  });
  assertTold(server, counted, 'read_timeout', 1);
  assert.equal(counted.read_timeouts, 1);
});

test('the second head of a connection has its own time, from its first byte', async () => {
  const counted = await guarded(kLimits, async ({ server }) => {
    const connection = await HttpConnection.open(server.port);
    connection.request('GET', kHealth);
    await connection.response(0);
    await pause(1500);
    connection.write(`GET ${kHealth} HTTP/1.1\r\n`);
    await pause(1500);
    connection.write('Host: x\r\n\r\n');
    assert.equal((await connection.response(1)).status, 200);
    connection.write(`GET ${kHealth} HTTP/1.1\r\nX-Long: `);
    const millis = await trickle(connection, 'x', 50);
    assert.ok(millis > 1800 && millis < 15000, `${millis}`);
    assert.equal(connection.responses[2].status, 408);
  });
  assert.equal(counted.over_read_timeout, 1);
});

test('an idle connection is closed without a word', async () => {
  const counted = await guarded(kLimits, async ({ server }) => {
    const connection = await HttpConnection.open(server.port);
    connection.request('GET', kHealth);
    await connection.response(0);
    await connection.closes();
    assert.equal(connection.responses.length, 1);
  });
  assert.deepEqual([counted.read_timeouts, counted.over_read_timeout], [1, 0]);
});

const kPost = (length) => `POST /lightstreamer/control.txt?LS_session=x HTTP/1.1\r\nHost: x\r\n${length}\r\n\r\n`;

for (const [kind, head, piece] of [['with a length', 'Content-Length: 40000', 'x'], ['in chunks', 'Transfer-Encoding: chunked', '1\r\nx\r\n']]) {
  test(`a body ${kind} that trickles in is answered 408, one that comes at a fair pace is read`, async () => {
    const counted = await guarded(kLimits, async ({ server }) => {
      const slow = await HttpConnection.open(server.port);
      slow.write(kPost(head));
      const millis = await trickle(slow, piece, 50);
      assert.ok(millis > 1800 && millis < 15000, `${millis}`);
      assert.equal(slow.responses[0].status, 408);
      const fair = await HttpConnection.open(server.port);
      fair.write(kPost('Content-Length: 10000'));
      for (let i = 0; i < 20; ++i) {
        fair.write('x'.repeat(500));
        await pause(90);
      }
      assert.equal((await fair.response(0)).status, 200);
    });
    assert.equal(counted.over_read_timeout, 1);
  });
}

// A masked text frame of 100 bytes.
const frame = Buffer.concat([Buffer.from([0x81, 0xe4, 0, 0, 0, 0]), Buffer.from('x'.repeat(100))]);
// The same, as the first fragment of more.
const fragment = Buffer.concat([Buffer.from([0x01, 0xe4, 0, 0, 0, 0]), Buffer.from('x'.repeat(100))]);

for (const [what, bytes] of [['half a frame', frame.subarray(0, 50)], ['a first fragment', fragment], ['a byte of a header', frame.subarray(0, 1)]]) {
  test(`a WebSocket with a session that sends ${what} and no more is closed with 1008`, async () => {
    let server;
    const counted = await guarded(kLimits, async (world) => {
      server = world.server;
      const whole = await TlcpSocket.session(server.port);
      const half = await TlcpSocket.session(server.port);
      half.raw._socket.write(bytes);
      assert.equal((await half.closes()).code, 1008);
      assert.equal(whole.closed, null);
      assert.match(await whole.subscribe(1, 'x', 'n'), /^SUBOK/);
    });
    assertTold(server, counted, 'read_timeout', 1);
  });
}

test('a message in two halves within its time is served, and the socket stays', async () => {
  const counted = await guarded(kLimits, async ({ server }) => {
    const socket = await TlcpSocket.session(server.port);
    const text = Buffer.from('control\r\nLS_reqId=7&LS_op=delete&LS_subId=1');
    const bytes = Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]);
    socket.raw._socket.write(bytes.subarray(0, 20));
    await pause(300);
    socket.raw._socket.write(bytes.subarray(20));
    await socket.next('REQERR,7,19');
    await pause(3500);
    assert.match(await socket.subscribe(1, 'x', 'n'), /^SUBOK/);
  });
  assert.equal(counted.read_timeouts, 0);
});

test('write_timeout_millis: a client that does not read is cut off, and another is not', async () => {
  const counted = await guarded({}, async ({ server, adapter }) => {
    const witness = await TlcpSocket.session(server.port);
    await witness.subscribe(1, 'x', 'n', '', 'RAW');
    const stream = await createStream(server.port);
    stream.socket.pause();
    const add = await HttpConnection.open(server.port);
    add.post('control', 'LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=RAW&LS_group=x&LS_schema=n', { query: `&LS_session=${stream.sessionId}` });
    await add.response(0);
    const value = 'y'.repeat(100000);
    for (let i = 0; i < 100; ++i) adapter.update('x', { n: value + i });
    await witness.next(new RegExp('^U,1,1,y+99$'), 60000);
    await until('the cut', () => server.log.includes('client does not read'));
  }, { delivery: { write_timeout_millis: 700 } });
  assert.equal(counted.slow_readers, 1);
});

test('send_backlog_bytes: a client that asks on and on and never reads is cut off', async () => {
  const counted = await guarded({ request_rate_per_session: 0 }, async ({ server }) => {
    const socket = await TlcpSocket.session(server.port);
    socket.raw._socket.pause();
    const many = `control\r\n${Array.from({ length: 1000 }, (_, n) => `LS_reqId=${n}&LS_op=nonsense`).join('\r\n')}`;
    await until('the cut', () => {
      if (!socket.closed) socket.send(many);
      return server.log.includes('client does not read');
    }, 60000); // a sanitized server on a busy machine answers a megabyte in its own time
    socket.terminate();
    assert.match((await TlcpSocket.session(server.port)).find('CONOK'), /^CONOK/);
  }, { delivery: { send_backlog_bytes: 4096 } });
  assert.equal(counted.slow_readers, 1);
});
