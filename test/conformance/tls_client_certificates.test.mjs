// SPDX-License-Identifier: Apache-2.0
// Certificates of clients: who is let in, and what the Metadata Adapter is told (NUA).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import tls from 'node:tls';

import { DataAdapter, MetadataAdapter } from './lib/ari.mjs';
import { Authority, files } from './lib/certs.mjs';
import { closeLater } from './lib/cleanup.mjs';
import { createStream } from './lib/http.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

const authority = new Authority();
const stranger = new Authority('Nobody');
const own = authority.sign('server');
const alice = authority.sign('alice', { subject: '/O=Example, Inc./OU=Trading/CN=alice ü' });
const forged = stranger.sign('alice');
const expired = authority.sign('expired', { days: -1 });
const kAlice = { cert: alice.cert, key: alice.key };
const kTrust = { ca: authority.pem };
const kSubject = 'CN=alice ü,OU=Trading,O=Example\\, Inc.';

const ports = {};
let server;
let metadata;
let data;
let users = 0;

before(async () => {
  const set = await adapterSet({ metadata: {} });
  const listener = [];
  for (const kind of ['none', 'optional', 'required']) {
    ports[kind] = await freePort();
    const asks = kind === 'none' ? {} : { client_certificates: kind, client_ca_file: authority.file };
    listener.push({ name: kind, port: ports[kind], tls: { certificates: [files(own)], ...asks } });
  }
  ports.clear = await freePort();
  listener.push({ name: 'clear', port: ports.clear });
  server = await Server.start({ adapter_set: [set], server: { shards: 2 }, listener });
  metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  data = await DataAdapter.start(set.data_adapter[0].request_reply_port);
});
after(async () => {
  metadata?.kill();
  data?.kill();
  await server?.stop();
  authority.remove();
  stranger.remove();
});

// Opens a session; what the Metadata Adapter was asked: the method and its first three texts.
async function asked(kind, secure, open = TlcpSocket.session) {
  const user = `user${++users}`;
  const link = await open(ports[kind], { secure, params: `&LS_user=${user}&LS_password=p` });
  const packet = metadata.packets.find((one) => /^NU[SA]$/.test(one.method) && metadata.strings(one)[0] === user);
  (link.terminate ?? link.destroy).call(link);
  return { method: packet.method, principal: metadata.strings(packet)[2] };
}

// The error of a connection that is refused; in TLS 1.3 it comes behind the client's handshake.
async function refusal(kind, options) {
  const socket = closeLater(tls.connect({ port: ports[kind], host: '127.0.0.1', ...kTrust, ...options }), (one) => one.destroy());
  let error = null;
  let answer = '';
  socket.on('error', (one) => (error = one)).on('data', (bytes) => (answer += bytes));
  socket.write('GET /lightstreamer/healthcheck HTTP/1.1\r\nHost: x\r\n\r\n');
  await until('the refusal', () => error);
  assert.equal(answer, '');
  return error;
}

test('a verified certificate: NUA with its subject', async () => {
  assert.deepEqual(await asked('required', { ...kTrust, ...kAlice }), { method: 'NUA', principal: kSubject });
  assert.deepEqual(await asked('optional', { ...kTrust, ...kAlice }), { method: 'NUA', principal: kSubject });
  assert.deepEqual(await asked('required', { ...kTrust, ...kAlice, maxVersion: 'TLSv1.2' }), { method: 'NUA', principal: kSubject });
});

test('the same over an HTTP stream', async () => {
  assert.deepEqual(await asked('required', { ...kTrust, ...kAlice }, createStream), { method: 'NUA', principal: kSubject });
});

test('optional and absent: NUA with a null', async () => {
  assert.deepEqual(await asked('optional', kTrust), { method: 'NUA', principal: null });
});

test('where none is asked for: NUS, whatever the client has', async () => {
  assert.equal((await asked('none', { ...kTrust, ...kAlice })).method, 'NUS');
  assert.equal((await asked('clear', null)).method, 'NUS');
});

for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
  test(`${maxVersion}: refused are none where required, those of others, and expired ones`, async () => {
    await refusal('required', { maxVersion });
    await refusal('required', { maxVersion, cert: forged.cert, key: forged.key });
    await refusal('optional', { maxVersion, cert: forged.cert, key: forged.key });
    await refusal('required', { maxVersion, cert: expired.cert, key: expired.key });
    await until('the log lines', () => {
      const reasons = server.log.split('\n').filter((line) => line.includes('TLS handshake failed'));
      return reasons.some((line) => line.includes('peer did not return a certificate')) && reasons.some((line) => /certificate has expired/.test(line)) && reasons.some((line) => /unable to get (local )?issuer certificate/.test(line));
    });
  });
}

test('a ticket keeps the subject, and is no good on a listener that asks for more', async () => {
  let session = null;
  const take = async (kind, options) => {
    const socket = closeLater(tls.connect({ port: ports[kind], host: '127.0.0.1', ...kTrust, ...options }), (one) => one.destroy());
    socket.on('session', (bytes) => (session = bytes)).on('error', () => {});
    socket.write('GET /lightstreamer/healthcheck HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('a session', () => session);
    socket.destroy();
  };
  await take('required', kAlice);
  assert.deepEqual(await asked('required', { ...kTrust, ...kAlice, session }), { method: 'NUA', principal: kSubject });
  session = null;
  await take('none', {});
  await refusal('required', { session });
});
