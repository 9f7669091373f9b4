// SPDX-License-Identifier: Apache-2.0
// Strangers at the ports do not fill the log: ten lines of a kind in ten seconds, and the next one
// says how many there were; the counters count each.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, test } from 'node:test';
import tls from 'node:tls';

import { Authority, files } from './lib/certs.mjs';
import { closeLater } from './lib/cleanup.mjs';
import { HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { adapterSet, Server } from './lib/server.mjs';

const kMany = 30;
const kLines = 10; // LogPace::kLines
const kWhileMillis = 10000; // LogPace::kWhile
const kShards = { server: { shards: 1 } };

const authority = new Authority();
after(() => authority.remove());
const own = files(authority.sign('server'));

// Connects, says `words` (null: goes as soon as it is there), and waits for the end.
function visit(port, words, localAddress = '127.0.0.1') {
  return new Promise((resolve) => {
    const socket = closeLater(net.connect({ port, host: '127.0.0.1', localAddress }), (one) => one.destroy());
    socket.on('connect', () => (words === null ? socket.end() : socket.write(words)));
    socket.on('error', () => {}).on('close', resolve).resume();
  });
}
async function visits(port, words, from) {
  for (let i = 0; i < kMany; ++i) await visit(port, words, from);
}
function assertPaced(server, message) {
  const lines = server.log.split('\n').filter((line) => line.includes(message));
  assert.ok(lines.length > 0, `no line "${message}"`);
  const millis = Date.parse(lines.at(-1).split(' ')[0]) - Date.parse(lines[0].split(' ')[0]);
  const most = kLines * (1 + Math.floor(millis / kWhileMillis)); // a slow machine needs more than one while
  assert.ok(lines.length <= most, `${lines.length} lines "${message}" in ${millis} ms`);
  assert.match(lines[0], /held_back=0/);
}

test('a listener with TLS: handshakes that fail', async () => {
  const server = await Server.start({ ...kShards, listener: [{ tls: { certificates: [own] } }] });
  await visits(server.port, 'this is no TLS at all, nor is it HTTP\r\n\r\n');
  await server.stop();
  assert.equal(server.totals().tls_handshakes_failed, kMany);
  assertPaced(server, '"TLS handshake failed"');
});

test('a listener in clear: what is no HTTP', async () => {
  const server = await Server.start(kShards);
  await visits(server.port, 'NO HTTP\r\n\r\n');
  await server.stop();
  assert.equal(server.totals().protocol_errors, kMany);
  assertPaced(server, '"bad HTTP request"');
});

test('wrong passwords of clients', async () => {
  const policy = { credentials: [{ user: 'u', password: 'p' }] };
  const set = await adapterSet();
  const server = await Server.start({ ...kShards, limits: { login_failures: 0 }, adapter_set: [{ ...set, policy }] });
  for (let i = 0; i < kMany; ++i) {
    const connection = await HttpConnection.open(server.port);
    connection.post('create_session', `${kCid}&LS_adapter_set=DEMO&LS_user=u&LS_password=no`);
    await connection.next('CONERR,1');
    connection.destroy();
  }
  await server.stop();
  assert.equal(server.totals().sessions_refused, kMany);
  assertPaced(server, '"session refused"');
});

async function adapterPort(settings) {
  const set = await adapterSet({ data: [{ name: 'DEFAULT', ...settings }] });
  const server = await Server.start({ ...kShards, adapter_set: [set] });
  return { server, port: set.data_adapter[0].request_reply_port };
}

test('the port of an adapter: addresses that are not on the list', async () => {
  const { server, port } = await adapterPort({ address_allow_list: ['127.0.0.1'] });
  await visits(port, 'x', '127.0.0.2');
  await server.stop();
  assert.equal(server.totals().addresses_refused, kMany);
  assertPaced(server, 'the address is not on the allow list');
});

test('the port of an adapter: wrong credentials', async () => {
  const { server, port } = await adapterPort({ auth: true, credentials: [{ user: 'u', password: 'p' }] });
  await visits(port, '1|RAC|S|user|S|u|S|password|S|no\r\n');
  await server.stop();
  assert.equal(server.totals().credentials_refused, kMany);
  assertPaced(server, '"wrong credentials of a remote adapter"');
  assertPaced(server, '"connection of a remote adapter refused"');
});

test('the port of an adapter: those who go again', async () => {
  const { server, port } = await adapterPort({});
  await visits(port, null);
  await server.stop();
  assert.equal(server.totals().connections_refused, kMany);
  assertPaced(server, '"remote adapter connected"');
  assertPaced(server, '"remote adapter not let in"');
});

test('the port of an adapter: those who go again do not hide why one that speaks is not let in', async () => {
  const { server, port } = await adapterPort({});
  await visits(port, null);
  await new Promise((resolve) => {
    const socket = closeLater(net.connect({ port, host: '127.0.0.1' }), (one) => one.destroy());
    socket.once('data', (init) => socket.write(`${String(init).split('|')[0]}|DPI|ED|nofeed\r\n`));
    socket.on('error', () => {}).on('close', resolve).resume();
  });
  await server.stop();
  assert.match(server.log, /"remote adapter not let in".*nofeed/);
});

test('the port of an adapter with TLS: handshakes that fail and that succeed', async () => {
  const { server, port } = await adapterPort({ tls: own });
  await visits(port, 'this is no TLS\r\n');
  for (let i = 0; i < kMany; ++i) {
    await new Promise((resolve) => {
      const socket = closeLater(tls.connect({ port, host: '127.0.0.1', ca: authority.pem, servername: 'localhost' }), (one) => one.destroy());
      socket.on('secureConnect', () => socket.end()).on('error', () => {}).on('close', resolve).resume();
    });
  }
  await server.stop();
  assert.equal(server.totals().tls_handshakes_failed, kMany);
  assert.equal(server.totals().tls_handshakes, kMany);
  assertPaced(server, 'TLS handshake failed: ');
  assertPaced(server, '"TLS handshake"');
});
