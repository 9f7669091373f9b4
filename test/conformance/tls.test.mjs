// SPDX-License-Identifier: Apache-2.0
// TLS on a listener: versions, every way of a session over it, names, tickets, and peers that do not
// behave.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import net from 'node:net';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';

import { DataAdapter } from './lib/ari.mjs';
import { Authority, files } from './lib/certs.mjs';
import { closeLater } from './lib/cleanup.mjs';
import { control, createStream, HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { adapterSet, connects, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

const authority = new Authority();
const main = authority.sign('main', { names: ['localhost', 'main.test'] });
const other = authority.sign('other', { subject: '/CN=other.test', names: ['other.test', '*.wild.test'] });
const kTls = { certificates: [files(main), files(other)] };
const kTrust = { ca: authority.pem };
const kStates = { value: '1' };

let server;
let adapter;

async function started(settings = {}, tlsSettings = {}) {
  const set = await adapterSet();
  const one = await Server.start({ server: { shards: 2 }, ...settings, adapter_set: [set], listener: [{ tls: { ...kTls, ...tlsSettings } }] });
  const data = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': kStates } });
  return { one, data, stop: async () => (data.kill(), one.stop(), one.ended()) };
}

before(async () => {
  ({ one: server, data: adapter } = await started());
});
after(async () => {
  adapter?.kill();
  await server?.stop();
  authority.remove();
});

// A TLS connection of its own; throws what the handshake failed with.
async function shake(port, options = {}) {
  const socket = closeLater(tls.connect({ port, host: '127.0.0.1', ...kTrust, ...options }), (one) => one.destroy());
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return socket;
}

async function healthy(socket) {
  let text = '';
  socket.on('data', (bytes) => (text += bytes));
  socket.write('GET /lightstreamer/healthcheck HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(() => `a healthy answer; got ${text}`, () => /^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nOK\r\n$/.test(text));
}

async function subscribed(socket, item = 'x') {
  await socket.subscribe(1, item, 'value');
  await socket.next('U,1,1,1');
  adapter.update(item, { value: 'then' });
  await socket.next('U,1,1,then');
}

for (const version of ['TLSv1.2', 'TLSv1.3']) {
  const secure = { ...kTrust, minVersion: version, maxVersion: version };

  test(`${version}: a request, and the connection's end in order`, async () => {
    const socket = await shake(server.port, secure);
    assert.equal(socket.getProtocol(), version);
    await healthy(socket);
    let ended = false;
    socket.on('end', () => (ended = true));
    socket.end();
    await until('the end from the server', () => ended);
  });

  test(`${version}: a session over WebSocket`, async () => {
    const socket = await TlcpSocket.session(server.port, { secure });
    await subscribed(socket, `ws ${version}`.replace(' ', '-'));
    socket.close();
    await socket.closes();
  });

  test(`${version}: a session over an HTTP stream`, async () => {
    const stream = await createStream(server.port, { secure });
    const added = await control(server.port, stream.sessionId, `LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=st-${version}&LS_schema=value&LS_snapshot=true`, 'control', secure);
    assert.deepEqual(added, ['REQOK,1']);
    await stream.next('U,1,1,1');
    adapter.update(`st-${version}`, { value: '2' });
    await stream.next('U,1,1,2');
    stream.destroy();
  });

  test(`${version}: a session over polls on one connection`, async () => {
    const poll = await HttpConnection.open(server.port, { secure });
    poll.post('create_session', `${kCid}&LS_adapter_set=DEMO&LS_polling=true&LS_polling_millis=5000&LS_idle_millis=0`);
    const session = (await poll.next('CONOK')).split(',')[1];
    await poll.response(0);
    await control(server.port, session, `LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=po-${version}&LS_schema=value&LS_snapshot=true`, 'control', secure);
    for (let n = 1; n < 5 && !poll.find('U,1,1,1'); ++n) {
      poll.post('bind_session', `LS_session=${session}&LS_polling=true&LS_polling_millis=5000&LS_idle_millis=4000`);
      await poll.response(n);
    }
    assert.ok(poll.find('U,1,1,1'));
    poll.destroy();
  });
}

test('older versions are refused, and counted', async () => {
  const { one, stop } = await started();
  await assert.rejects(shake(one.port, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }), /protocol version|unsupported protocol/);
  await until('the log line', () => /TLS handshake failed.*client=127\.0\.0\.1.*reason="?unsupported protocol/.test(one.log));
  await stop();
  assert.equal(one.totals().tls_handshakes_failed, 1);
  assert.equal(one.totals().tls_handshakes, 0);
});

test('min_version 1.3 refuses 1.2', async () => {
  const { one, stop } = await started({}, { min_version: '1.3' });
  await assert.rejects(shake(one.port, { maxVersion: 'TLSv1.2' }), /protocol version/);
  assert.equal((await shake(one.port)).getProtocol(), 'TLSv1.3');
  await stop();
});

test('ciphers and cipher_suites are obeyed', async () => {
  const { one, stop } = await started({}, { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384', cipher_suites: 'TLS_CHACHA20_POLY1305_SHA256' });
  const name = async (maxVersion) => (await shake(one.port, { maxVersion })).getCipher().name;
  assert.equal(await name('TLSv1.2'), 'ECDHE-ECDSA-AES256-GCM-SHA384');
  assert.equal(await name('TLSv1.3'), 'TLS_CHACHA20_POLY1305_SHA256');
  await stop();
});

test('ALPN: http/1.1 is agreed, h2 alone is refused', async () => {
  assert.equal((await shake(server.port, { ALPNProtocols: ['h2', 'http/1.1'] })).alpnProtocol, 'http/1.1');
  assert.equal((await shake(server.port)).alpnProtocol, false);
  await assert.rejects(shake(server.port, { ALPNProtocols: ['h2'] }), /no application protocol/);
});

test('the certificate is chosen by the name that the client asks for', async () => {
  const common = async (servername) => (await shake(server.port, { servername, checkServerIdentity: () => undefined })).getPeerCertificate().subject.CN;
  assert.equal(await common('main.test'), 'localhost');
  assert.equal(await common('other.test'), 'other.test');
  assert.equal(await common('OTHER.test'), 'other.test');
  assert.equal(await common('any.wild.test'), 'other.test');
  assert.equal(await common('deep.any.wild.test'), 'localhost');
  assert.equal(await common('wild.test'), 'localhost');
  assert.equal(await common('unknown.test'), 'localhost');
  assert.equal(await common(''), 'localhost');
});

// Shakes hands with a ticket of an earlier connection; whether it was good.
async function resumes(port, maxVersion, session) {
  const socket = await shake(port, { maxVersion, session });
  await healthy(socket);
  const reused = socket.isSessionReused();
  socket.destroy();
  return reused;
}
async function ticket(port, maxVersion) {
  const socket = await shake(port, { maxVersion });
  let session = null;
  socket.on('session', (bytes) => (session = bytes));
  await healthy(socket);
  // In 1.2 it came with the handshake, in 1.3 it comes behind it.
  if (maxVersion === 'TLSv1.2') session = socket.getSession();
  await until('a session', () => session);
  socket.destroy();
  return session;
}

for (const version of ['TLSv1.2', 'TLSv1.3']) {
  test(`${version}: a ticket is good on every shard, and counted`, async () => {
    const { one, stop } = await started();
    const session = await ticket(one.port, version);
    // The kernel spreads connections over the shards.
    for (let i = 0; i < 24; ++i) assert.equal(await resumes(one.port, version, session), true);
    await stop();
    assert.equal(one.totals().tls_resumed, 24);
    assert.equal(one.totals().tls_handshakes, 25);
    const shards = one.log.split('\n').filter((line) => line.includes('shard totals')).map((line) => Number(/tls_resumed=(\d+)/.exec(line)[1]));
    assert.ok(Math.min(...shards) > 0, `${shards}`);
  });

  test(`${version}: without session_tickets nothing is resumed`, async () => {
    const { one, stop } = await started({}, { session_tickets: false });
    const socket = await shake(one.port, { maxVersion: version });
    await healthy(socket);
    assert.equal(await resumes(one.port, version, socket.getSession()), false);
    await stop();
    assert.equal(one.totals().tls_resumed, 0);
  });
}

test('a ticket of one server is no good on another', async () => {
  const { one, stop } = await started();
  const session = await ticket(server.port, 'TLSv1.3');
  assert.equal(await resumes(one.port, 'TLSv1.3', session), false);
  await stop();
});

test('a silent client is cut off in time, and counted', async () => {
  const { one, stop } = await started({}, { handshake_timeout_millis: 1500 });
  const socket = closeLater(net.connect(one.port, '127.0.0.1'), (it) => it.destroy());
  let closed = false;
  socket.on('close', () => (closed = true)).on('error', () => {}).resume();
  await until('the cut', () => closed);
  await until('the log line', () => /TLS handshake failed.*no handshake in time/.test(one.log));
  // One that has shaken hands is not.
  const good = await shake(one.port);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await healthy(good);
  await stop();
  assert.equal(one.totals().tls_timeouts, 1);
  assert.equal(one.totals().tls_handshakes_failed, 1);
});

test('HTTP without TLS gets an answer that a person can read', async () => {
  const { one, stop } = await started();
  for (const method of ['GET', 'POST']) {
    const plain = await HttpConnection.open(one.port);
    plain.request(method, '/lightstreamer/healthcheck', method === 'POST' ? { body: 'x'.repeat(30000) } : {});
    const response = await plain.response();
    assert.equal(response.status, 400);
    assert.match(response.body, /TLS.*https/);
    await plain.closes();
  }
  await stop();
  assert.equal(one.totals().tls_plain_requests, 2);
});

test('a PROXY header may come in front of the handshake', async () => {
  const set = await adapterSet();
  const one = await Server.start({ adapter_set: [set], listener: [{ tls: kTls, proxy_protocol: true }] });
  const raw = closeLater(net.connect(one.port, '127.0.0.1'), (it) => it.destroy());
  raw.write('PROXY TCP4 203.0.113.7 127.0.0.1 4711 443\r\n');
  const socket = closeLater(tls.connect({ socket: raw, ...kTrust, servername: 'main.test' }), (it) => it.destroy());
  await healthy(socket);
  await until('the log line', () => /"TLS handshake" client=203\.0\.113\.7/.test(one.log));
  socket.destroy();
  await one.stop();
});

test('what is no TLS at all is cut off; a look at the port is no failure', async () => {
  const { one, stop } = await started();
  const socket = closeLater(net.connect(one.port, '127.0.0.1'), (it) => it.destroy());
  assert.ok(await connects(one.port));
  let closed = false;
  socket.on('close', () => (closed = true)).on('error', () => {}).resume();
  socket.write(Buffer.alloc(200, 0xee));
  await until('the cut', () => closed);
  await stop();
  assert.equal(one.totals().tls_handshakes_failed, 1);
});

test('a client that vanishes without close_notify ends its session', async () => {
  const socket = await TlcpSocket.session(server.port, { secure: kTrust });
  const before = server.log.length;
  socket.raw._socket._handle.close(); // the descriptor, without a word from TLS
  await until('the end of the connection', () => /connection closed.*reason="?(unexpected eof|Connection reset)/.test(server.log.slice(before)));
});

test('requests behind each other in one record, and a request of many records', async () => {
  const socket = await HttpConnection.open(server.port, { secure: kTrust });
  const one = 'GET /lightstreamer/healthcheck HTTP/1.1\r\nHost: x\r\n\r\n';
  socket.write(one.repeat(20));
  await socket.response(19);
  assert.equal(socket.responses.length, 20);
  socket.post('heartbeat', `LS_session=none${'&LS_x=1'.repeat(6500)}`);
  await socket.response(20);
  socket.destroy();
});

test('KeyUpdate: both sides change keys in the middle', async () => {
  const client = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-tls1_3', '-CAfile', authority.file, '-servername', 'main.test'], { stdio: ['pipe', 'pipe', 'pipe'] });
  closeLater(client, (it) => it.kill());
  let out = '';
  client.stdout.on('data', (bytes) => (out += bytes));
  client.stderr.on('data', (bytes) => (out += bytes));
  await until('the handshake', () => out.includes('Verify return code: 0'));
  for (let i = 1; i <= 3; ++i) {
    client.stdin.write('K\n'); // with a request for the server's
    await until('KEYUPDATE', () => out.split('KEYUPDATE').length - 1 >= i);
    client.stdin.write('GET /lightstreamer/healthcheck HTTP/1.1\nHost: x\n\n'.replaceAll('\n', '\r\n'));
    await until(() => `answer ${i}; ${out.slice(-500)}`, () => out.split('HTTP/1.1 200 OK').length - 1 >= i);
  }
  client.kill();
});

test('renegotiation is refused', async () => {
  const client = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, '-tls1_2', '-CAfile', authority.file], { stdio: ['pipe', 'pipe', 'pipe'] });
  closeLater(client, (it) => it.kill());
  let out = '';
  let ended = false;
  client.stdout.on('data', (bytes) => (out += bytes));
  client.stderr.on('data', (bytes) => (out += bytes));
  client.on('exit', () => (ended = true));
  await until('the handshake', () => out.includes('Verify return code: 0'));
  client.stdin.write('R\n');
  await until('its refusal', () => ended && /no renegotiation/.test(out));
});

for (const transport of ['WS-STREAMING', 'HTTP-STREAMING', 'HTTP-POLLING']) {
  test(`the official client library: ${transport}`, async () => {
    const script = fileURLToPath(new URL('lib/tls_client.mjs', import.meta.url));
    const item = `official-${transport}`;
    const client = spawn(process.execPath, [script, `https://localhost:${server.port}`, transport, item], { env: { ...process.env, NODE_EXTRA_CA_CERTS: authority.file } });
    closeLater(client, (it) => it.kill());
    let out = '';
    client.stdout.on('data', (bytes) => (out += bytes));
    client.stderr.on('data', (bytes) => (out += bytes));
    await until(() => `the snapshot; ${out}`, () => out.includes('value 1\n'));
    adapter.update(item, { value: 'news' });
    await until(() => `the update; ${out}`, () => out.includes('value news\n'));
    assert.match(out, new RegExp(`status CONNECTED:${transport}`));
    client.kill();
  });
}

test('a slow reader gets newest values, and then all that it is to get', async () => {
  const socket = await TlcpSocket.session(server.port, { secure: kTrust });
  await socket.subscribe(1, 'slow', 'value filler');
  await adapter.subscribed('slow');
  const witness = await TlcpSocket.session(server.port, { secure: kTrust });
  await witness.subscribe(1, 'slow', 'value');
  socket.raw.pause();
  const filler = 'f'.repeat(20000);
  for (let i = 1; i <= 1000; ++i) adapter.update('slow', { value: `s${i}`, filler: filler + i });
  await witness.next('U,1,1,s1000', 30000);
  socket.raw.resume();
  await socket.next(/^U,1,1,s1000\|/, 30000);
  assert.ok(socket.count('U') < 1000, `${socket.count('U')} of 1000: what did not fit was conflated`);
  socket.terminate();
  witness.terminate();
});

test('an answer of megabytes arrives whole, however slowly it is read', async () => {
  const { one, data, stop } = await started({ delivery: { send_backlog_bytes: 64 * 1024 * 1024 } });
  const value = 'abcdefghij'.repeat(1_200_000);
  data.snapshots.set('large', { value });
  const socket = await TlcpSocket.session(one.port, { secure: kTrust, params: '&LS_content_length=1000000000' });
  socket.raw.pause();
  socket.control('LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=large&LS_schema=value&LS_snapshot=true');
  await data.subscribed('large');
  await new Promise((resolve) => setTimeout(resolve, 300));
  socket.raw.resume();
  assert.equal((await socket.next('U,1,1,', 30000)).length, 'U,1,1,'.length + value.length);
  socket.terminate();
  await stop();
});

test('a connection moves to the shard of its session, with what is unread and unsent', async () => {
  const { one, stop } = await started({
    delivery: { send_backlog_bytes: 64 * 1024 * 1024 },
    session: { timeout_millis: 20000 },
    limits: { request_rate_per_session: 0 },
  });
  const kBinds = 24; // on either shard
  for (let i = 0; i < kBinds; ++i) {
    const first = await TlcpSocket.session(one.port, { secure: kTrust });
    first.terminate();
    const second = await TlcpSocket.open(one.port, { secure: kTrust });
    second.send('wsok');
    await second.next('WSOK');
    const large = i < 3;
    if (large) {
      // Answers that nobody reads yet, more than the kernel takes.
      second.raw.pause();
      const bad = `control\r\n${Array.from({ length: 1000 }, (_, n) => `LS_reqId=${n}&LS_op=nonsense`).join('\r\n')}`;
      for (let n = 0; n < 120; ++n) second.send(bad);
    }
    second.send(`bind_session\r\nLS_session=${first.sessionId}&LS_send_sync=false`);
    second.control(`LS_reqId=b&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=moved&LS_schema=value&LS_snapshot=true`);
    if (large) second.raw.resume();
    await second.next('CONOK', 60000);
    await second.next('U,1,1,1');
    if (large) assert.equal(second.count('REQERR') + second.count('ERROR'), 120_000);
    second.send('wsok');
    await second.next('WSOK');
    second.terminate();
  }
  await stop();
  const { handed_over } = one.totals();
  assert.ok(handed_over > 0 && handed_over < kBinds, `${handed_over} of ${kBinds} were handed over`);
});
