// SPDX-License-Identifier: Apache-2.0
// TLS between the server and remote adapters that connect to it: who is let in, what is said about
// those who are not, and certificates that change.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, test } from 'node:test';
import tls from 'node:tls';

import { DataAdapter, MetadataAdapter } from './lib/ari.mjs';
import { Authority, files } from './lib/certs.mjs';
import { Client } from './lib/client.mjs';
import { closeLater } from './lib/cleanup.mjs';
import { NodeAdapter } from './lib/node_adapter.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, run, scratchDir, Server } from './lib/server.mjs';
import { pause, until } from './lib/wait.mjs';

const authority = new Authority();
const stranger = new Authority('Nobody');
after(() => [authority, stranger].forEach((one) => one.remove()));

const own = files(authority.sign('server'));
const secure = { ca: authority.pem, servername: 'localhost' };
const shown = ({ cert, key }) => ({ ...secure, cert, key });

async function started(data, { metadata = null } = {}) {
  const set = await adapterSet({ metadata, data: [{ name: 'DEFAULT', ...data }] });
  const server = await Server.start({ adapter_set: [set] });
  const { request_reply_port: port, notify_port: notifyPort } = set.data_adapter[0];
  return { server, set, port, notifyPort };
}

// What a connection comes to: 'DPI' when it is let in, else its end.
async function outcome(port, options) {
  const adapter = new DataAdapter({ secure: options });
  const socket = closeLater(tls.connect({ port, host: '127.0.0.1', ...options }), (one) => one.destroy());
  adapter.attach(socket);
  await until('DPI or the end', () => adapter.initParams !== null || adapter.closed);
  socket.destroy();
  return adapter.initParams !== null ? 'DPI' : 'end';
}

test('an adapter over TLS serves a client; metadata and data alike', async () => {
  const { server, set, port } = await started({ tls: own }, { metadata: { tls: own } });
  const metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port, { secure });
  const adapter = await DataAdapter.start(port, { secure, snapshots: { a: { n: '1' } } });
  assert.equal(adapter.socket.encrypted, true);
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['a'], ['n'], { adapter: 'DEFAULT' }).active();
  await record.shows('a', { n: '1' });
  const long = 'x'.repeat(100000);
  adapter.update('a', { n: long });
  await record.shows('a', { n: long });
  client.disconnect();
  adapter.kill();
  metadata.kill();
  await server.stop();
  assert.equal(server.totals().tls_handshakes >= 2, true);
});

test('both connections of a remote adapter with two', async () => {
  const { server, port, notifyPort } = await started({ notify_port: true, tls: own });
  const adapter = await DataAdapter.start(port, { notifyPort, secure, snapshots: { a: { n: '1' } } });
  assert.deepEqual([adapter.socket.encrypted, adapter.notify.encrypted], [true, true]);
  await adapter.ready();
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['a'], ['n'], { adapter: 'DEFAULT' }).active();
  await record.shows('a', { n: '1' });
  client.disconnect();
  adapter.kill();
  await server.stop();
});

test('who speaks in clear is told, counted and logged; who comes with TLS to a clear port too', async () => {
  const { server, port } = await started({ tls: own });
  const plain = new DataAdapter();
  await plain.connect(port);
  await plain.seen('CLOSE');
  assert.equal(plain.all('CLOSE')[0].line, '0|CLOSE|S|reason|S|this+connection+needs+TLS');
  await until('the line', () => /connection of a remote adapter refused" .*it speaks without TLS, and this port does not/.test(server.log));
  await server.stop();
  assert.equal(server.totals().tls_plain_peers, 1);
  assert.equal(server.totals().tls_handshakes_failed, 1);

  const clear = await started({});
  const socket = closeLater(tls.connect({ port: clear.port, host: '127.0.0.1', ...secure }), (one) => one.destroy());
  await new Promise((resolve) => socket.once('error', resolve).once('close', resolve));
  await until('the line', () => /it speaks TLS, and this port does not/.test(clear.server.log));
  await clear.server.stop();
});

test('a silent stranger is cut off after the set-up time and keeps nobody out; a look at the port is nothing', async () => {
  const { server, port } = await started({ tls: own });
  const stranger = closeLater(net.connect({ port, host: '127.0.0.1' }), (one) => one.destroy());
  let closed = 0;
  stranger.once('close', () => (closed = Date.now())).on('error', () => {});
  const begun = Date.now();
  net.connect({ port, host: '127.0.0.1' }, function look() {
    this.destroy();
  });
  const adapter = await DataAdapter.start(port, { secure });
  assert.notEqual(adapter.initParams, null);
  await until('the end of the stranger', () => closed);
  assert.ok(closed - begun > 9000, `${closed - begun} ms`);
  await until('the line', () => /TLS handshake failed: not in time/.test(server.log));
  adapter.kill();
  await server.stop();
  assert.equal(server.totals().tls_handshakes_failed, 1);
});

test('force_client_auth: only a certificate of the authority that is good now', async () => {
  const { server, port } = await started({ tls: { ...own, force_client_auth: true, ca_file: authority.file } });
  assert.equal(await outcome(port, shown(authority.sign('good'))), 'DPI');
  assert.equal(await outcome(port, secure), 'end');
  assert.equal(await outcome(port, shown(stranger.sign('foreign'))), 'end');
  assert.equal(await outcome(port, shown(authority.sign('old', { days: -1 }))), 'end');
  for (const reason of [/peer did not return a certificate/, /the client's certificate is not accepted: unable to get local issuer/, /the client's certificate is not accepted: certificate has expired/]) {
    await until(`${reason} in the log`, () => reason.test(server.log));
  }
  await server.stop();
  assert.equal(server.totals().tls_handshakes_failed, 3);
});

test('a changed certificate is used from the next handshake on; a bad one is not', async () => {
  const certificate_file = path.join(authority.dir, 'live.pem');
  const key_file = path.join(authority.dir, 'live.key');
  const install = (name) => {
    const { cert, key } = authority.sign(`live-${name}`, { subject: `/O=${name}/CN=localhost` });
    fs.writeFileSync(key_file, key);
    fs.writeFileSync(certificate_file, cert);
  };
  install('First');
  const { server, port } = await started({ tls: { certificate_file, key_file, reload_check_millis: 100 } });
  const adapter = await DataAdapter.start(port, { secure });
  assert.equal(adapter.socket.getPeerCertificate().subject.O, 'First');
  const seen = async () => {
    const socket = closeLater(tls.connect({ port, host: '127.0.0.1', ...secure }), (one) => one.destroy());
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    const { O } = socket.getPeerCertificate().subject;
    socket.destroy();
    return O;
  };
  install('Second');
  await until('the second certificate', async () => (await seen()) === 'Second');
  fs.writeFileSync(certificate_file, 'no certificate');
  await until(() => `the complaint: ${server.log}`, () => /changed certificates are no good, the old ones stay in use" proxy=DEMO.DEFAULT/.test(server.log));
  assert.equal(await seen(), 'Second');
  assert.equal(adapter.closed, false);
  adapter.kill();
  await server.stop();
});

test('versions and cipher suites that the file leaves', async () => {
  const only = await started({ tls: { ...own, max_version: '1.2', allow_cipher_suites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_NO_SUCH'] } });
  const adapter = await DataAdapter.start(only.port, { secure });
  assert.equal(adapter.socket.getProtocol(), 'TLSv1.2');
  assert.equal(adapter.socket.getCipher().standardName, 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384');
  assert.equal(await outcome(only.port, { ...secure, minVersion: 'TLSv1.3' }), 'end');
  assert.match(only.server.log, /TLS_NO_SUCH.* is no cipher suite of this server/);
  adapter.kill();
  await only.server.stop();

  const newest = await started({ tls: { ...own, remove_cipher_suites: ['AES_128', '^TLS_ECDHE_'] } });
  assert.equal(await outcome(newest.port, { ...secure, maxVersion: 'TLSv1.2' }), 'end');
  const other = await DataAdapter.start(newest.port, { secure });
  assert.notEqual(other.socket.getCipher().standardName, 'TLS_AES_128_GCM_SHA256');
  other.kill();
  await newest.server.stop();
});

test('an adapters.xml with a PKCS12 key store and its password in a file; JKS is refused with the way out', async () => {
  const dir = scratchDir();
  const store = path.join(dir, 'keys.p12');
  authority.pack('server', store, 'pass word');
  fs.writeFileSync(path.join(dir, 'secret'), 'pass word\n');
  fs.writeFileSync(path.join(dir, 'old.jks'), Buffer.from('feedfeed00000002', 'hex'));
  const port = await freePort();
  const xml = (params) => `<adapters_conf id="DEMO"><data_provider name="DEFAULT">
    <adapter_class>ROBUST_PROXY_FOR_REMOTE_ADAPTER</adapter_class><classloader>log-enabled</classloader>
    <param name="request_reply_port">${port}</param><param name="interface">127.0.0.1</param>
    ${Object.entries({ tls: 'Y', ...params }).map(([name, value]) => `<param name="${name}">${value}</param>`).join('\n')}
    </data_provider></adapters_conf>`;
  const store_of = (file, type) => ({ 'tls.keystore.type': type, 'tls.keystore.keystore_file': file, 'tls.keystore.keystore_password.type': 'file', 'tls.keystore.keystore_password': 'secret' });
  const file = path.join(dir, 'adapters.xml');
  fs.writeFileSync(file, xml({ ...store_of('keys.p12', 'PKCS12'), 'tls.allow_protocol.1': 'TLSv1.2' }));
  const server = await Server.start({ adapters_files: [file] });
  const adapter = await DataAdapter.start(port, { secure });
  assert.equal(adapter.socket.getProtocol(), 'TLSv1.2');
  adapter.kill();
  await server.stop();

  const toml = path.join(dir, 'p.toml');
  fs.writeFileSync(toml, `adapters_files = ["adapters.xml"]\n`);
  const checked = run('--check-config', toml);
  assert.equal(checked.status, 0, checked.stderr);
  assert.doesNotMatch(checked.stdout, /pass word/);
  fs.writeFileSync(file, xml(store_of('old.jks', 'JKS')));
  assert.match(run('--check-config', toml).stderr, /adapters\.xml:\d+: tls of proxy DEMO\.DEFAULT: .*JKS.*keytool -importkeystore .* -deststoretype PKCS12/);
  fs.writeFileSync(file, xml(store_of('keys.p12', 'PKCS11')));
  assert.match(run('--check-config', toml).stderr, /tls\.keystore\.type: "PKCS11" is nothing that this server reads/);
  fs.rmSync(dir, { recursive: true });
});

test('A16: the official Node.js kit over TLS', async () => {
  const { server, port, notifyPort } = await started({ notify_port: true, tls: own });
  const adapter = await NodeAdapter.start('data', { request: port, notify: notifyPort }, { snapshots: { a: { n: 'ü|%' } }, secure: { ca: String(authority.pem), servername: 'localhost' } });
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['a'], ['n'], { adapter: 'DEFAULT' }).active();
  await record.shows('a', { n: 'ü|%' });
  client.disconnect();
  await adapter.kill();
  await pause(50);
  await server.stop();
});
