// SPDX-License-Identifier: Apache-2.0
// The proxy of the tests in this folder does what they rely on.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';

import { CuttingProxy } from '../lib/cutting_proxy.mjs';
import { until } from '../lib/wait.mjs';

const kMegabyte = 1 << 20;

// What it is told comes back; "big" brings a megabyte.
let echo;
let ends; // what the server's ends of connections saw

before(async () => {
  echo = net.createServer((socket) => {
    const end = { socket, error: null, ended: false, closed: false };
    ends.push(end);
    socket.on('data', (bytes) => socket.write(bytes.toString() === 'big' ? Buffer.alloc(kMegabyte) : bytes));
    socket.on('error', (error) => (end.error = error.code));
    socket.on('end', () => (end.ended = true));
    socket.on('close', () => (end.closed = true));
  });
  await new Promise((resolve) => echo.listen(0, '127.0.0.1', resolve));
});
after(() => {
  echo.close();
  for (const { socket } of ends) socket.destroy();
});

async function dial(proxy) {
  const end = { got: 0, text: '', error: null, ended: false, closed: false };
  end.socket = net.connect({ port: proxy.port, host: '127.0.0.1' });
  end.socket.on('data', (bytes) => {
    end.got += bytes.length;
    if (bytes.length < 100) end.text += bytes;
  });
  end.socket.on('error', (error) => (end.error = error.code));
  end.socket.on('end', () => (end.ended = true));
  end.socket.on('close', () => (end.closed = true));
  return end;
}

async function echoed(end, text) {
  const wanted = end.text + text;
  end.socket.write(text);
  await until(() => `${wanted}; got ${end.text}`, () => end.text === wanted);
}

async function opened(options) {
  ends = [];
  const proxy = await CuttingProxy.start(echo.address().port, options);
  const end = await dial(proxy);
  await echoed(end, 'one');
  return { proxy, end, server: ends[0] };
}

test('bytes and ends go through', async () => {
  const { proxy, end, server } = await opened();
  end.socket.end();
  await until('both ends', () => end.ended && server.ended && end.closed && server.closed);
  assert.deepEqual([end.error, server.error], [null, null]);
  assert.equal(proxy.links().length, 0);
  proxy.stop();
});

test('a reset is seen at both ends, or at one alone', async () => {
  for (const side of ['both', 'client', 'server']) {
    const { proxy, end, server } = await opened();
    proxy.cut({ side });
    await until('the cut', () => (side === 'server' || end.closed) && (side === 'client' || server.closed));
    assert.equal(end.error, side === 'server' ? null : 'ECONNRESET');
    assert.equal(server.error, side === 'client' ? null : 'ECONNRESET');
    assert.deepEqual([end.closed, server.closed], [side !== 'server', side !== 'client']);
    proxy.stop();
  }
});

test('what is ending already is cut as well', async () => {
  const { proxy, end, server } = await opened();
  for (const link of proxy.links()) link.client.end();
  proxy.cut();
  await until('both ends', () => end.closed && server.closed);
  assert.equal(proxy.links().length, 0);
  proxy.stop();
});

test('a FIN is no error', async () => {
  const { proxy, end, server } = await opened();
  proxy.cut({ how: 'fin' });
  await until('both ends', () => end.ended && server.ended);
  assert.deepEqual([end.error, server.error], [null, null]);
  proxy.stop();
});

test('what a stalled cable holds comes later, or is lost with a reset', async () => {
  const { proxy, end } = await opened();
  proxy.stall();
  end.socket.write('two');
  await assert.rejects(until('an echo', () => end.text !== 'one', 200));
  proxy.resume();
  await until('the echo', () => end.text === 'onetwo');
  proxy.stall();
  end.socket.write('three');
  proxy.cut();
  await until('the cut', () => end.closed);
  assert.equal(ends[0].socket.bytesRead, 'onetwo'.length);
  const later = await dial(proxy);
  later.socket.write('four');
  await assert.rejects(until('an echo', () => later.text !== '', 200));
  proxy.resume();
  await until('the echo', () => later.text === 'four');
  proxy.stop();
});

test('a throttled cable keeps its rate, and a free one holds no megabyte back', async () => {
  const { proxy, end } = await opened();
  proxy.throttle(3000);
  end.socket.write('big');
  const before = end.got;
  await until('some bytes', () => end.got > before);
  const [from, start] = [end.got, performance.now()];
  await until('three kilobytes', () => end.got - from >= 3000);
  const seconds = (performance.now() - start) / 1000;
  assert.ok(seconds > 0.7 && seconds < 6, `3000 bytes took ${seconds} s`);
  proxy.throttle(0);
  await until('the rest', () => end.got === before + kMegabyte);
  proxy.stop();
});

test('a delay is of each way', async () => {
  const { proxy, end } = await opened();
  proxy.delayMillis = 150;
  const start = performance.now();
  await echoed(end, 'two');
  assert.ok(performance.now() - start >= 295);
  proxy.stop();
});

test('a connection that is held back comes behind the next one', async () => {
  const { proxy } = await opened();
  proxy.holdNext();
  const first = await dial(proxy);
  first.socket.write('first');
  await until('the first connection', () => proxy.opened === 2);
  const second = await dial(proxy);
  await echoed(second, 'second');
  assert.equal(ends.length, 2);
  await until('the first', () => first.text === 'first');
  proxy.stop();
});

test('while the cable is down nobody gets in', async () => {
  const { proxy, end } = await opened();
  proxy.down();
  await until('the cut', () => end.closed);
  const refused = await dial(proxy);
  await until('the refusal', () => refused.closed);
  proxy.up();
  await echoed(await dial(proxy), 'two');
  proxy.stop();
});

test('the server sees the address that it is to see', async () => {
  const { proxy, server } = await opened({ from: '127.0.0.7' });
  assert.equal(server.socket.remoteAddress, '127.0.0.7');
  proxy.stop();
});
