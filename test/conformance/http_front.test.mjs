// SPDX-License-Identifier: Apache-2.0
// The HTTP front: methods, paths, sizes, keep-alive, origins.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { fetchRaw, HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';

let server;
let strictPort;

before(async () => {
  strictPort = await freePort();
  server = await Server.start({
    adapter_set: [await adapterSet()],
    listener: [
      { name: 'open', response_headers: [{ name: 'X-Accel-Buffering', value: 'no' }] },
      { name: 'strict', port: strictPort, allowed_origins: ['https://app.example.com'] },
    ],
  });
});
after(() => server?.stop());

const kCreate = '/lightstreamer/create_session.txt?LS_protocol=TLCP-2.5.0';
const kBody = `${kCid}&LS_adapter_set=DEMO&LS_polling=true&LS_polling_millis=0&LS_idle_millis=0`;

test('the health check', async () => {
  const { status, body } = await fetchRaw(server.port, 'GET', '/lightstreamer/healthcheck');
  assert.deepEqual([status, body], [200, 'OK\r\n']);
});

test('unknown paths are 404, wrong methods 405 with Allow', async () => {
  for (const path of ['/lightstreamer/nothing.txt', '/lightstreamer/create_session.js', '/no/such/page']) {
    assert.equal((await fetchRaw(server.port, 'GET', path)).status, 404, path);
  }
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    const { status, headers } = await fetchRaw(server.port, method, kCreate, { body: kBody });
    assert.equal(status, 405, method);
    assert.match(headers.allow, /POST/);
  }
});

test('a body beyond request_limit_bytes is 413', async () => {
  const { status } = await fetchRaw(server.port, 'POST', kCreate, { body: `${kBody}&LS_x=${'y'.repeat(60000)}` });
  assert.equal(status, 413);
});

test('a head that is too large is 431, a line too long 414', async () => {
  const big = await fetchRaw(server.port, 'GET', '/lightstreamer/healthcheck', { headers: { 'X-Big': 'y'.repeat(20000) } });
  assert.equal(big.status, 431);
  const long = await fetchRaw(server.port, 'GET', `/lightstreamer/healthcheck?${'y'.repeat(12000)}`);
  assert.equal(long.status, 414);
});

test('keep-alive: one connection, many requests, also pipelined', async () => {
  const http = await HttpConnection.open(server.port);
  for (let i = 0; i < 5; ++i) {
    http.request('GET', '/lightstreamer/healthcheck');
    assert.equal((await http.response(i)).status, 200);
  }
  for (let i = 0; i < 5; ++i) http.request('GET', i % 2 ? '/nothing' : '/lightstreamer/healthcheck');
  for (let i = 5; i < 10; ++i) assert.equal((await http.response(i)).status, i % 2 ? 200 : 404);
  http.request('GET', '/lightstreamer/healthcheck', { headers: { Connection: 'close' } });
  assert.equal((await http.response(10)).status, 200);
  await http.closes();
});

test('a create behind a page request on the same connection', async () => {
  const http = await HttpConnection.open(server.port);
  http.request('GET', '/lightstreamer/healthcheck');
  http.request('POST', kCreate, { body: kBody });
  assert.equal((await http.response(0)).status, 200);
  assert.match((await http.response(1)).body, /^CONOK,/);
  http.destroy();
});

test('a chunked body, and one that arrives in pieces', async () => {
  const http = await HttpConnection.open(server.port);
  http.write(`POST ${kCreate} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
  for (const piece of [kBody.slice(0, 7), kBody.slice(7)]) {
    http.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  http.write('0\r\n\r\n');
  assert.match((await http.response(0)).body, /^CONOK,/);
  http.destroy();
});

test('HTTP/1.0 gets an answer without chunks and a closed connection', async () => {
  const http = await HttpConnection.open(server.port);
  http.write(`POST ${kCreate} HTTP/1.0\r\nContent-Length: ${kBody.length}\r\n\r\n${kBody}`);
  await http.closes();
  assert.equal(http.responses[0].headers['transfer-encoding'], undefined);
  assert.match(http.responses[0].body, /^CONOK,[^]*LOOP,0\r\n$/);
});

test('what must never be read two ways is refused: two lengths, length and chunks, folding', async () => {
  const bad = [
    'Content-Length: 4\r\nContent-Length: 5\r\n',
    'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n',
    'Transfer-Encoding: chunked, identity\r\n',
    'Content-Length: +4\r\n',
    'X-A: one\r\n two\r\n',
    'Content-Length : 4\r\n',
  ];
  for (const lines of bad) {
    const http = await HttpConnection.open(server.port);
    http.write(`POST ${kCreate} HTTP/1.1\r\nHost: x\r\n${lines}\r\nabcdeGET /lightstreamer/healthcheck HTTP/1.1\r\nHost: x\r\n\r\n`);
    await http.closes();
    assert.equal(http.responses.length, 1, lines);
    assert.ok(http.responses[0].status >= 400, lines);
  }
});

test('CORS: the origin is echoed on every answer, also with credentials', async () => {
  const headers = { Origin: 'https://somewhere.example' };
  for (const [method, path, body] of [['POST', kCreate, kBody], ['GET', '/lightstreamer/nothing.txt', undefined]]) {
    const response = await fetchRaw(server.port, method, path, { headers, body });
    assert.equal(response.headers['access-control-allow-origin'], 'https://somewhere.example');
    assert.match(response.headers.vary, /Origin/i);
  }
  const without = await fetchRaw(server.port, 'POST', kCreate, { body: kBody });
  assert.equal(without.headers['access-control-allow-origin'], undefined);
});

test('CORS: a preflight is answered, the wished headers allowed', async () => {
  const { status, headers } = await fetchRaw(server.port, 'OPTIONS', kCreate, {
    headers: { Origin: 'https://a.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'X-Token' },
  });
  assert.ok(status === 200 || status === 204);
  assert.equal(headers['access-control-allow-origin'], 'https://a.example');
  assert.match(headers['access-control-allow-methods'], /POST/);
  assert.match(headers['access-control-allow-headers'], /X-Token/i);
  assert.ok(Number(headers['access-control-max-age']) > 0);
});

test('an origin that the listener does not allow is refused on HTTP and WebSocket', async () => {
  const evil = { Origin: 'https://evil.example' };
  assert.equal((await fetchRaw(strictPort, 'POST', kCreate, { headers: evil, body: kBody })).status, 403);
  await assert.rejects(TlcpSocket.open(strictPort, { headers: evil }));
  const good = { Origin: 'https://app.example.com' };
  assert.match((await fetchRaw(strictPort, 'POST', kCreate, { headers: good, body: kBody })).body, /^CONOK/);
  (await TlcpSocket.open(strictPort, { headers: good })).terminate();
  (await TlcpSocket.open(strictPort)).terminate();
});

test('headers of the file are on HTTP answers and on the handshake', async () => {
  assert.equal((await fetchRaw(server.port, 'GET', '/lightstreamer/healthcheck')).headers['x-accel-buffering'], 'no');
  const http = await HttpConnection.open(server.port);
  http.request('GET', '/lightstreamer', {
    headers: {
      Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol': 'TLCP-2.5.0.lightstreamer.com',
    },
  });
  const deadline = Date.now() + 5000;
  while (http.responses.length === 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  const { status, headers } = http.responses[0];
  assert.equal(status, 101);
  assert.equal(headers['x-accel-buffering'], 'no');
  assert.equal(headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  http.destroy();
});

test('a plain GET where a WebSocket belongs, and a wrong version of it', async () => {
  const plain = await fetchRaw(server.port, 'GET', '/lightstreamer');
  assert.ok(plain.status === 426 || plain.status === 400);
  const old = await fetchRaw(server.port, 'GET', '/lightstreamer', {
    headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '8', 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' },
  });
  assert.equal(old.status, 426);
  assert.equal(old.headers['sec-websocket-version'], '13');
});
