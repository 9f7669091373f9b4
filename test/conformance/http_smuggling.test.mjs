// SPDX-License-Identifier: Apache-2.0
// Requests that two readers could take in two ways (RFC 9112 sections 2 to 7, 11): each is refused, its
// connection ends, and what stands behind it is never served. Each goes out at once and byte by byte.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, test } from 'node:test';

import { kCid } from './lib/lines.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

let server;

before(async () => {
  server = await Server.start({ adapter_set: [await adapterSet()], limits: { read_timeout_millis: 3000 } });
});
after(() => server?.stop());

const kPath = '/lightstreamer/heartbeat.txt?LS_protocol=TLCP-2.5.0&LS_session=x';
const kPost = `POST ${kPath} HTTP/1.1\r\nHost: localhost\r\n`;
const kSmuggled = 'GET /lightstreamer/healthcheck HTTP/1.1\r\nHost: localhost\r\n\r\n';
const kChunked = 'Transfer-Encoding: chunked\r\n';
const kEmptyBody = '0\r\n\r\n';

// All that the server says to these bytes until it closes, or until `enough` says that it was all.
async function talk(bytes, { step = 0, enough = () => false } = {}) {
  const socket = net.connect({ port: server.port, host: '127.0.0.1', noDelay: true });
  let said = '';
  let closed = false;
  socket.on('data', (data) => (said += data.toString('latin1'))).on('close', () => (closed = true)).on('error', () => {});
  const all = Buffer.from(bytes, 'latin1');
  if (step === 0) {
    socket.write(all);
  } else {
    for (let at = 0; at < all.length && !closed; at += step) {
      socket.write(all.subarray(at, at + step));
      if (at % 64 === 0) await new Promise(setImmediate);
    }
  }
  await until(() => `the end of an answer; got ${said}`, () => closed || enough(said));
  socket.destroy();
  return said;
}

const statuses = (said) => [...said.matchAll(/^HTTP\/1\.1 (\d+) /gm)].map((one) => Number(one[1]));

const kRefused = [
  ['both lengths', `${kPost}Content-Length: 5\r\n${kChunked}\r\n${kEmptyBody}`, 400],
  ['both lengths, the other way round', `${kPost}${kChunked}Content-Length: 5\r\n\r\n${kEmptyBody}`, 400],
  ['two lengths that differ', `${kPost}Content-Length: 0\r\nContent-Length: 70\r\n\r\n`, 400],
  ['two lengths that agree', `${kPost}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`, 400],
  ['a list of lengths', `${kPost}Content-Length: 0, 0\r\n\r\n`, 400],
  ['a length with a plus', `${kPost}Content-Length: +0\r\n\r\n`, 400],
  ['a negative length', `${kPost}Content-Length: -1\r\n\r\n`, 400],
  ['a hexadecimal length', `${kPost}Content-Length: 0x0\r\n\r\n`, 400],
  ['a length with a fraction', `${kPost}Content-Length: 0.0\r\n\r\n`, 400],
  ['a length of no digits', `${kPost}Content-Length: \r\n\r\n`, 400],
  ['a length beyond 64 bits', `${kPost}Content-Length: 18446744073709551616\r\n\r\n`, 400],
  ['a length beyond the limit', `${kPost}Content-Length: 18446744073709551615\r\n\r\n`, 413],
  ['a space before the colon of a length', `${kPost}Content-Length : 70\r\n\r\n`, 400],
  ['a tab before a colon', `${kPost}Transfer-Encoding\t: chunked\r\n\r\n${kEmptyBody}`, 400],
  ['chunked, then identity', `${kPost}Transfer-Encoding: chunked, identity\r\n\r\n${kEmptyBody}`, 501],
  ['identity, then chunked', `${kPost}Transfer-Encoding: identity, chunked\r\n\r\n${kEmptyBody}`, 501],
  ['xchunked', `${kPost}Transfer-Encoding: xchunked\r\n\r\n${kEmptyBody}`, 501],
  ['a quoted chunked', `${kPost}Transfer-Encoding: "chunked"\r\n\r\n${kEmptyBody}`, 501],
  ['chunked with a parameter', `${kPost}Transfer-Encoding: chunked;q=1\r\n\r\n${kEmptyBody}`, 501],
  ['chunked twice', `${kPost}${kChunked}${kChunked}\r\n${kEmptyBody}`, 501],
  ['an encoding of nothing', `${kPost}Transfer-Encoding:\r\n\r\n`, 501],
  ['an encoding behind a vertical tab', `${kPost}Transfer-Encoding: \x0bchunked\r\n\r\n${kEmptyBody}`, 400],
  ['an encoding on the next line', `${kPost}Transfer-Encoding:\r\n chunked\r\n\r\n${kEmptyBody}`, 400],
  ['a folded header', `${kPost}X-A: one\r\n\ttwo\r\n\r\n`, 400],
  ['a folded first header', `GET / HTTP/1.1\r\n Host: localhost\r\n\r\n`, 400],
  ['an encoding in HTTP/1.0', `POST ${kPath} HTTP/1.0\r\n${kChunked}\r\n${kEmptyBody}`, 400],
  ['line feeds alone', 'GET / HTTP/1.1\nHost: localhost\n\n', 400],
  ['one line feed alone', `${kPost}X-A: b\nContent-Length: 70\r\n\r\n`, 400],
  ['an end of the head by a line feed alone', 'GET / HTTP/1.1\r\nHost: localhost\r\n\n', 400],
  ['a carriage return alone', `${kPost}X-A: b\rContent-Length: 70\r\n\r\n`, 400],
  ['a carriage return twice', `${kPost}X-A: b\r\r\n\r\n`, 400],
  ['a NUL in a value', `${kPost}X-A: a\0b\r\n\r\n`, 400],
  ['a NUL in a name', `${kPost}X\0A: b\r\n\r\n`, 400],
  ['a NUL in the target', 'GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['a header without a colon', `${kPost}Content-Length 70\r\n\r\n`, 400],
  ['a header without a name', `${kPost}: 70\r\n\r\n`, 400],
  ['no Host', 'GET / HTTP/1.1\r\nX-A: b\r\n\r\n', 400],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n', 400],
  ['a Host with a path', 'GET / HTTP/1.1\r\nHost: localhost/other\r\n\r\n', 400],
  ['a Host with a user', 'GET / HTTP/1.1\r\nHost: user@localhost\r\n\r\n', 400],
  ['a target that is no path', 'GET nothing HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['another scheme in the target', 'GET ftp://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['a fragment in the target', 'GET /#a HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['a space in the target', 'GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['a tab for a space', 'GET\t/ HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['no version', 'GET /\r\nHost: localhost\r\n\r\n', 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
  ['HTTP/0.9 in words', 'GET / HTTP/0.9\r\nHost: localhost\r\n\r\n', 505],
  ['a lower-case version', 'GET / http/1.1\r\nHost: localhost\r\n\r\n', 400],
  ['CONNECT', 'CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n', 501],
  ['an expectation of something else', `${kPost}Expect: miracles\r\nContent-Length: 0\r\n\r\n`, 417],
  ['a line that is too long', `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 414],
  ['a header that is too long', `GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(17000)}\r\n\r\n`, 431],
  ['too many headers', `GET / HTTP/1.1\r\nHost: localhost\r\n${'X-A: b\r\n'.repeat(101)}\r\n`, 431],
  ['a chunk size of no digit', `${kPost}${kChunked}\r\nx\r\n${kEmptyBody}`, 400],
  ['a chunk size with a sign', `${kPost}${kChunked}\r\n+2\r\n\r\n\r\n${kEmptyBody}`, 400],
  ['a chunk size with 0x', `${kPost}${kChunked}\r\n0x2\r\n\r\n\r\n${kEmptyBody}`, 400],
  ['a space behind a chunk size', `${kPost}${kChunked}\r\n2 \r\n\r\n\r\n${kEmptyBody}`, 400],
  ['a space before a chunk size', `${kPost}${kChunked}\r\n 2\r\n\r\n\r\n${kEmptyBody}`, 400],
  ['a chunk size beyond 64 bits', `${kPost}${kChunked}\r\n10000000000000002\r\n\r\n\r\n${kEmptyBody}`, 400],
  ['a chunk beyond the limit', `${kPost}${kChunked}\r\nffffffffffffffff\r\n\r\n`, 413],
  ['a chunk size that ends by a line feed alone', `${kPost}${kChunked}\r\n2\n\r\n\r\n${kEmptyBody}`, 400],
  ['a chunk longer than its size', `${kPost}${kChunked}\r\n2\r\nabc\r\n${kEmptyBody}`, 400],
  ['a chunk that ends by a line feed alone', `${kPost}${kChunked}\r\n2\r\n\r\n\n${kEmptyBody}`, 400],
  ['a line feed in a chunk extension', `${kPost}${kChunked}\r\n2;a\nb\r\n\r\n\r\n${kEmptyBody}`, 400],
  ['chunk extensions without end', `${kPost}${kChunked}\r\n2;${'a'.repeat(9000)}\r\n\r\n\r\n${kEmptyBody}`, 400],
  ['a trailer that is folded', `${kPost}${kChunked}\r\n0\r\n X-A: b\r\n\r\n`, 400],
  ['a trailer that ends by a line feed alone', `${kPost}${kChunked}\r\n0\r\nX-A: b\n\r\n`, 400],
];

for (const [name, bytes, status] of kRefused) {
  test(`refused: ${name}`, async () => {
    for (const step of [0, 1]) {
      const said = await talk(bytes + kSmuggled, { step });
      assert.deepEqual(statuses(said), [status], said);
      assert.match(said, /^Connection: close\r$/m);
      assert.doesNotMatch(said, /\r\n\r\nOK\r\n/, 'the request behind was served');
    }
  });
}

// Odd, but to be read in one way only: the request behind is served too.
const kServed = [
  ['a length of leading zeros', `${kPost}Content-Length: 002\r\n\r\n\r\n`, 200],
  ['white space around a length', `${kPost}Content-Length: \t 2 \t\r\n\r\n\r\n`, 200],
  ['chunked in another case, with white space around', `${kPost}Transfer-Encoding: \t CHUNKED \t\r\n\r\n2\r\n\r\n\r\n${kEmptyBody}`, 200],
  ['chunk extensions', `${kPost}${kChunked}\r\n2;a=b;c="d"\r\n\r\n\r\n0;x\r\n\r\n`, 200],
  ['chunk sizes with zeros, in both cases', `${kPost}${kChunked}\r\n002\r\n\r\n\r\n000\r\n\r\n`, 200],
  ['trailers', `${kPost}${kChunked}\r\n2\r\n\r\n\r\n0\r\nContent-Length: 70\r\nTransfer-Encoding: x\r\n\r\n`, 200],
  ['empty lines before the request', `\r\n\r\n${kPost}Content-Length: 2\r\n\r\n\r\n`, 200],
  ['an absolute target; its host wins', `POST http://other${kPath} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n\r\n`, 200],
  ['an empty Host', `POST ${kPath} HTTP/1.1\r\nHost:\r\nContent-Length: 2\r\n\r\n\r\n`, 200],
  ['a GET with a body', 'GET /lightstreamer/healthcheck HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70\r\n\r\n' + 'x'.repeat(70), 200],
  ['a page that is not there, with a body', 'POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70\r\n\r\n' + kSmuggled.slice(0, 70).padEnd(70), 405],
  ['HTTP/1.0 that keeps alive', `POST ${kPath} HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n\r\n`, 200],
  ['HTTP/1.2', `POST ${kPath} HTTP/1.2\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n\r\n`, 200],
];

for (const [name, bytes, status] of kServed) {
  test(`served, and so is the one behind: ${name}`, async () => {
    for (const step of [0, 1]) {
      const said = await talk(bytes + kSmuggled, { step, enough: (text) => statuses(text).length === 2 && text.endsWith('\r\n') });
      assert.deepEqual(statuses(said), [status, 200], said);
      assert.match(said, /\r\n\r\nOK\r\n$/);
    }
  });
}

test('HTTP/1.0 without keep-alive: one answer, then the end', async () => {
  const said = await talk(`GET /lightstreamer/healthcheck HTTP/1.0\r\n\r\n${kSmuggled}`);
  assert.deepEqual(statuses(said), [200]);
});

test('Connection: close: one answer, then the end', async () => {
  const said = await talk(`GET /lightstreamer/healthcheck HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n${kSmuggled}`);
  assert.deepEqual(statuses(said), [200]);
});

test('a body that is refused is not read as the next request', async () => {
  const body = kSmuggled.repeat(1000);
  const said = await talk(`${kPost}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  assert.deepEqual(statuses(said), [413]);
});

test('100 Continue comes before the body, and once', async () => {
  const socket = net.connect({ port: server.port, host: '127.0.0.1' });
  let said = '';
  socket.on('data', (data) => (said += data.toString('latin1')));
  socket.write(`${kPost}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
  await until('the 100', () => said === 'HTTP/1.1 100 Continue\r\n\r\n');
  socket.write('\r');
  socket.write('\n');
  await until('the answer', () => said.endsWith('REQOK\r\n'));
  assert.deepEqual(statuses(said), [100, 200]);
  socket.destroy();
});

test('a hundred pipelined requests, cut at every byte, are answered in order', async () => {
  const ids = Array.from({ length: 100 }, (_, i) => i);
  const body = (i) => `LS_reqId=${i}&LS_op=destroy&LS_session=none${i}`;
  const requests = ids.map((i) => `POST /lightstreamer/control.txt?LS_protocol=TLCP-2.5.0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body(i).length}\r\n\r\n${body(i)}`).join('');
  for (const step of [0, 1, 7]) {
    const said = await talk(requests, { step, enough: (text) => /REQERR,99,20/.test(text) });
    assert.deepEqual([...said.matchAll(/REQERR,(\d+),20/g)].map((one) => Number(one[1])), ids);
  }
});

test('what is pipelined behind a create that streams waits, and is not taken for part of it', async () => {
  const create = `${kCid}&LS_adapter_set=DEMO&LS_content_length=1000&LS_keepalive_millis=1000`;
  const head = `POST /lightstreamer/create_session.txt?LS_protocol=TLCP-2.5.0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${create.length}\r\n\r\n`;
  const said = await talk(head + create + kSmuggled, { enough: (text) => text.includes('CONS,') });
  assert.deepEqual(statuses(said), [200]);
  assert.doesNotMatch(said, /\r\n\r\nOK\r\n/);
});
