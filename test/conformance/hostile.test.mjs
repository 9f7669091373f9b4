// SPDX-License-Identifier: Apache-2.0
// Peers that send rubbish, half of something or nothing: they are answered or dropped, and nobody
// else notices.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import net from 'node:net';
import { after, afterEach, before, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { fetchRaw, HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

let server;
let adapter;
let adapterPort;
let witness;

before(async () => {
  const set = await adapterSet();
  adapterPort = set.data_adapter[0].request_reply_port;
  server = await Server.start({ adapter_set: [set], limits: { read_timeout_millis: 2000, adapter_line_bytes: 65536 } });
  adapter = await DataAdapter.start(adapterPort, { snapshots: { '*': { a: '1' } } });
  witness = await TlcpSocket.session(server.port);
  await witness.subscribe(1, 'witness', 'a');
  await witness.next('U,1,1');
});
let round = 0;
afterEach(async () => {
  // Whatever a test did, another session goes on and new ones are welcome.
  adapter.update('witness', { a: `round ${++round}` });
  await witness.next(`U,1,1,round ${round}`);
  assert.equal((await fetchRaw(server.port, 'GET', '/lightstreamer/healthcheck')).status, 200);
});
after(async () => {
  witness?.terminate();
  adapter?.kill();
  await server?.stop();
});

// Writes and waits for the server to hang up; gives what it said.
async function blurt(port, bytes, { end = false } = {}) {
  const socket = net.connect({ port, host: '127.0.0.1' });
  let said = '';
  let closed = false;
  socket.on('data', (data) => (said += data.toString('latin1')));
  socket.on('error', () => (closed = true)).on('close', () => (closed = true));
  for (const piece of [].concat(bytes)) socket.write(piece);
  if (end) socket.end();
  await until(`the server to hang up on ${String(bytes).slice(0, 40)}`, () => closed);
  return said;
}

test('garbage bytes on the client port', async () => {
  for (let i = 0; i < 20; ++i) {
    const said = await blurt(server.port, [crypto.randomBytes(3000), '\r\n\r\n\r\n\r\n']);
    assert.ok(said === '' || /^HTTP\/1\.1 4\d\d /.test(said) || /^HTTP\/1\.1 505 /.test(said), said.slice(0, 60));
  }
  await blurt(server.port, Buffer.from('1603010200010001fc0303', 'hex'));
});

test('a head without an end, and one that comes too slowly', async () => {
  await blurt(server.port, 'GET / HTTP/1.1\r\n' + 'X-A: b\r\n'.repeat(5000));
  const socket = net.connect({ port: server.port, host: '127.0.0.1' });
  let closed = false;
  socket.on('error', () => {}).on('close', () => (closed = true)).resume();
  const timer = setInterval(() => socket.write('X'), 100);
  await until('the slow one to be dropped', () => closed);
  clearInterval(timer);
});

test('a connection that says nothing is dropped after read_timeout_millis', async () => {
  await blurt(server.port, '');
});

test('half a body, then the end', async () => {
  await blurt(server.port, 'POST /lightstreamer/create_session.txt?LS_protocol=TLCP-2.5.0 HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\nLS_cid=', { end: true });
});

test('a client that is gone before its answer', async () => {
  for (let i = 0; i < 50; ++i) {
    const http = await HttpConnection.open(server.port);
    http.post('create_session', `${kCid}&LS_adapter_set=DEMO`);
    if (i % 2) await new Promise((resolve) => setImmediate(resolve));
    http.destroy();
  }
});

const kUpgrade =
  'GET /lightstreamer HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: TLCP-2.5.0.lightstreamer.com\r\n\r\n';

test('WebSocket frames that no client may send are answered by closing', async () => {
  const frames = {
    unmasked: Buffer.from([0x81, 0x04, 0x77, 0x73, 0x6f, 0x6b]),
    reserved: Buffer.from([0xf1, 0x80, 1, 2, 3, 4]),
    unknown: Buffer.from([0x83, 0x80, 1, 2, 3, 4]),
    'a long ping': Buffer.concat([Buffer.from([0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0]), Buffer.alloc(256)]),
    'a huge length': Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    'a continuation of nothing': Buffer.from([0x80, 0x81, 0, 0, 0, 0, 0x41]),
    'text that is no UTF-8': Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]),
  };
  for (const [name, frame] of Object.entries(frames)) {
    const said = await blurt(server.port, [kUpgrade, frame]);
    assert.match(said, /^HTTP\/1\.1 101 /, name);
  }
});

test('a binary frame is refused', async () => {
  const socket = await TlcpSocket.session(server.port);
  socket.sendBinary(Buffer.from('heartbeat'));
  await socket.closes();
});

test('a message beyond the limit', async () => {
  const socket = await TlcpSocket.session(server.port);
  socket.send(`control\r\nLS_reqId=1&LS_op=add&LS_x=${'y'.repeat(300000)}`);
  await until('an answer or the end', () => socket.closed || socket.find('ERROR') || socket.find('REQERR'));
  socket.terminate();
});

test('requests that are none', async () => {
  for (const text of ['', '\r\n', 'nonsense', 'control', 'control\r\n', 'control\r\n&&&&', 'control\r\n=%ZZ=', 'create_session', 'bind_session\r\nLS_session=', 'msg\r\nLS_reqId=1', 'wsok\r\nwsok', 'control\r\nLS_reqId=1&LS_op=add&LS_subId=99999999999999999999']) {
    const socket = await TlcpSocket.session(server.port);
    socket.send(text);
    socket.send('control\r\nLS_reqId=77&LS_op=delete&LS_subId=5');
    await until(`an answer or the end after ${JSON.stringify(text)}`, () => socket.closed || socket.find('REQERR,77') || socket.find('ERROR') || socket.find('END'));
    socket.terminate();
  }
});

test('A17: garbage on the adapter port: that connection ends, an adapter comes back', async () => {
  adapter.kill();
  await blurt(adapterPort, [crypto.randomBytes(2000), '\r\n', 'x|y|z\r\n'], { end: true });
  adapter = await DataAdapter.start(adapterPort, { snapshots: { '*': { a: '1' } } });
  await adapter.subscribed('witness');
});

test('A17: an adapter line beyond the limit ends that connection only', async () => {
  adapter.update('witness', { a: 'y'.repeat(200000) });
  await until('the end of the connection', () => adapter.closed);
  adapter = await DataAdapter.start(adapterPort, { snapshots: { '*': { a: '1' } } });
  await adapter.subscribed('witness');
});

test('A17: packets that make no sense are skipped', async () => {
  for (const line of [
    '1|UD3', '1|UD3|S|witness', '1|UD3|S|witness|S|nosuchid|B|0|S|a|S|wrong', '9|NOSUCHMETHOD|S|x', 'zzz|SUB|V', '||||', '1|EOS|S|nosuchitem|S|1',
  ]) adapter.socket.write(`${line}\r\n`);
  adapter.update('witness', { a: 'still here' });
  await until('the update, over this connection or the next', async () => {
    if (witness.find('U,1,1,still here')) return true;
    if (!adapter.closed) return false;
    adapter = await DataAdapter.start(adapterPort, { snapshots: { '*': { a: 'still here' } } });
    await adapter.subscribed('witness');
    return false;
  });
});

test('a thousand connections that open and close', async () => {
  for (let i = 0; i < 20; ++i) {
    await Promise.all(Array.from({ length: 50 }, () => new Promise((resolve) => {
      const socket = net.connect({ port: server.port, host: '127.0.0.1' }, () => socket.destroy());
      socket.on('close', resolve).on('error', () => {});
    })));
  }
});
