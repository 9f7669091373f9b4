// SPDX-License-Identifier: Apache-2.0
// The server dials its remote adapters (remote_host): those that come late, go and come back, several
// hosts, TLS with the certificate of whom it dials. What is the same over gRPC runs with
// PENSTOCK_ADAPTERS=grpc as well; what is not, in adapter_grpc_dialing.test.mjs.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';

import { DataAdapter, listening, MetadataAdapter } from './lib/adapters.mjs';
import { Authority, files } from './lib/certs.mjs';
import { Client } from './lib/client.mjs';
import { NodeAdapter } from './lib/node_adapter.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, connects, kOverGrpc, run, scratchDir, Server } from './lib/server.mjs';
import { never, pause, until } from './lib/wait.mjs';

const authority = new Authority();
const stranger = new Authority('Nobody');
after(() => [authority, stranger].forEach((one) => one.remove()));

const kRetry = 200;
const ari = { skip: kOverGrpc && 'over ARI only' };
const snapshots = { a: { n: '1' } };
const dataAdapter = (options = {}) => () => new DataAdapter({ snapshots, ...options });

// A server that dials `remote_host` for its Data Adapter.
async function dialing(port, settings = {}, { metadata = null } = {}) {
  const set = await adapterSet({
    metadata: metadata && { remote_host: '127.0.0.1', connection_retry_millis: kRetry, ...metadata },
    data: [{ name: 'DEFAULT', request_reply_port: port, remote_host: 'localhost', connection_retry_millis: kRetry, ...settings }],
  });
  return Server.start({ adapter_set: [set] });
}

async function watching(server) {
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['a'], ['n'], { adapter: 'DEFAULT' }).active();
  return { client, record };
}
const letIn = (host) => until('an adapter to be let in', () => host.adapters[0]?.initParams);

test('data and metadata: the adapters listen, the server does not', async () => {
  const metadata = await listening(() => new MetadataAdapter());
  const data = await listening(dataAdapter());
  const server = await dialing(data.port, {}, { metadata: { request_reply_port: metadata.port } });
  await letIn(metadata);
  await letIn(data);
  await until('the server to have read the answer', () => /remote adapter active" proxy=DEMO /.test(server.log));
  const { client, record } = await watching(server);
  await record.shows('a', { n: '1' });
  data.adapters[0].update('a', { n: '2' });
  await record.shows('a', { n: '2' });
  client.disconnect();
  await server.stop();
  assert.deepEqual([server.totals().dials, server.totals().dials_failed], [2, 0]);
  await until('the last word', () => data.adapters[0].closed);
  assert.equal(data.adapters[0].all('CLOSE').length, 1);
});

test('the adapter comes later, goes and returns; the session stays, and nobody is dialed in a loop', async () => {
  const port = await freePort();
  const server = await dialing(port);
  await until('failed attempts', () => /remote adapter not reached, dialing on" .*Connection refused/.test(server.log));
  await pause(3 * kRetry);
  assert.equal(server.log.match(/remote adapter not reached/g).length, 1, 'told once for each reason');
  const { client, record } = await watching(server);
  let host = await listening(dataAdapter(), { port });
  await letIn(host);
  await record.shows('a', { n: '1' });
  host.close();
  await until('the loss', () => /remote adapter lost/.test(server.log));
  await pause(2 * kRetry);
  host = await listening(dataAdapter({ snapshots: { a: { n: '7' } } }), { port });
  await letIn(host);
  await record.shows('a', { n: '7' });
  // One that cuts each connection is dialed again after the pause, not at once.
  host.close();
  const before = Date.now();
  const rude = await listening(() => ({ attach: (peer) => (kOverGrpc ? peer.emit('error', { code: 14 }) : peer.destroy(), { kill() {} }) }), { port });
  await until('five more connections', () => rude.adapters.length >= 5);
  assert.ok(Date.now() - before >= 3 * kRetry, `${Date.now() - before} ms`);
  client.disconnect();
  await server.stop();
  rude.close();
  assert.equal(client.errors.length, 0);
});

test('with two hosts the other one is there when the first goes', async () => {
  const first = await listening(dataAdapter());
  const second = await listening(dataAdapter({ snapshots: { a: { n: '2' } } }));
  const server = await dialing(first.port, { remote_host: `127.0.0.1, localhost:${second.port}` });
  const there = () => [...first.adapters, ...second.adapters].filter((one) => one.active.has('a'));
  const { client, record } = await watching(server);
  await until('one that is active', () => there().length === 1);
  const active = first.adapters.some((one) => one.active.has('a')) ? first : second;
  const other = active === first ? second : first;
  active.close();
  await until('the other one', () => other.adapters.some((one) => one.active.has('a')));
  await record.shows('a', { n: other === second ? '2' : '1' });
  client.disconnect();
  await server.stop();
});

test('A6: credentials are wanted from whom the server dials as well', async () => {
  const wrong = await listening(dataAdapter({ rac: { user: 'u', password: 'no' } }));
  const auth = { auth: true, credentials: [{ user: 'u', password: 'p' }] };
  const server = await dialing(wrong.port, auth);
  await until('CLOSE', () => wrong.adapters[0]?.all('CLOSE').length === 1);
  assert.match(wrong.adapters[0].all('CLOSE')[0].line, kOverGrpc ? /\|UNAUTHENTICATED: wrong credentials$/ : /^0\|CLOSE\|S\|reason\|S\|wrong\+credentials$/);
  assert.equal(wrong.adapters[0].initParams, null);
  wrong.close();
  const right = await listening(dataAdapter({ rac: { user: 'u', password: 'p' } }), { port: wrong.port });
  await letIn(right);
  await server.stop();
  assert.ok(server.totals().credentials_refused >= 1);
});

// What comes of dialing `host` over TLS: 'DPI' or what the log says.
async function secured(tls, { certificate = authority.sign('feed'), host = 'localhost', server: more = {} } = {}) {
  const { cert, key } = certificate;
  const data = await listening(dataAdapter(), { secure: { cert, key, ...more } });
  const server = await dialing(data.port, { remote_host: host, tls });
  const said = () => server.log.match(/TLS handshake failed: (.*?)"? held_back/)?.[1] ?? server.log.match(/the connection broke: [^"\n]*/)?.[0];
  const result = await until('DPI or a reason', () => (data.adapters.some((one) => one.initParams) ? 'DPI' : said()));
  await server.stop();
  data.close();
  return result;
}
const trusted = { ca_file: authority.file };

test('TLS: the name of whom is dialed, or its address, must be in the certificate', ari, async () => {
  assert.equal(await secured(trusted), 'DPI');
  assert.equal(await secured(trusted, { host: '127.0.0.1' }), 'DPI');
  const other = authority.sign('other', { names: ['other.example'], address: '127.0.0.9' });
  assert.match(await secured(trusted, { certificate: other }), /certificate is not accepted: hostname mismatch/);
  assert.match(await secured(trusted, { certificate: other, host: '127.0.0.1' }), /certificate is not accepted: IP address mismatch/);
  assert.equal(await secured({ ...trusted, skip_hostname_check: true }, { certificate: other }), 'DPI');
});

test('TLS: expired, of an unknown authority, or no TLS at all', ari, async () => {
  assert.match(await secured(trusted, { certificate: authority.sign('late', { days: -1 }) }), /certificate is not accepted: certificate has expired/);
  assert.match(await secured(trusted, { certificate: stranger.sign('odd') }), /certificate is not accepted: unable to get local issuer certificate/);
  assert.match(await secured({}), /certificate is not accepted: (unable to get local issuer|self-signed)/, 'the system trusts others');
  const plain = await listening(() => ({ attach: (socket) => (socket.on('error', () => {}).write('1|RAC|S|SDK|S|x\r\n'), { kill: () => socket.destroy() }) }));
  const server = await dialing(plain.port, { tls: trusted });
  await until('the reason', () => /TLS handshake failed: it speaks without TLS/.test(server.log));
  await server.stop();
  plain.close();
  assert.ok(server.totals().tls_plain_peers >= 1);
});

test('TLS: an own certificate for those who ask for one', ari, async () => {
  const asks = { ca: authority.pem, requestCert: true, rejectUnauthorized: true };
  assert.equal(await secured({ ...trusted, ...files(authority.sign('penstock')) }, { server: asks }), 'DPI');
  assert.match(await secured(trusted, { server: asks }), /certificate required|handshake failure/);
});

test('a plain proxy dials until its adapter is there, and ends with it', async () => {
  const port = await freePort();
  const set = await adapterSet({ data: [{ name: 'DEFAULT', request_reply_port: port, remote_host: '127.0.0.1', connection_retry_millis: kRetry, robust: false, connection_recovery_timeout_millis: undefined }] });
  const server = await Server.start({ adapter_set: [set] }, { ready: false });
  await never('the server listens', () => connects(server.port), 3 * kRetry);
  const host = await listening(dataAdapter(), { port });
  await server.ready();
  host.close();
  assert.equal((await server.ended()).code, 1);
  assert.match(server.log, /the remote adapter 127\.0\.0\.1:\d+ is lost/);
});

test('an adapters.xml with remote_host: what it makes meaningless is told by name, notify_port is an error', ari, async () => {
  const dir = scratchDir();
  const xml = (params) => `<adapters_conf id="DEMO"><data_provider name="DEFAULT">
    <adapter_class>ROBUST_PROXY_FOR_REMOTE_ADAPTER</adapter_class>
    <param name="request_reply_port">6661</param><param name="remote_host">feed.example</param>
    ${Object.entries(params).map(([name, value]) => `<param name="${name}">${value}</param>`).join('\n')}
    </data_provider></adapters_conf>`;
  const toml = path.join(dir, 'p.toml');
  fs.writeFileSync(toml, 'adapters_files = ["a.xml"]\n');
  const ignored = { interface: '10.0.0.1', remote_address_whitelist: '10.0.0.2', 'tls.force_client_auth': 'Y', 'tls.enforce_server_cipher_suite_preference': 'Y', 'tls.enforce_server_cipher_suite_preference.order': 'JVM' };
  fs.writeFileSync(path.join(dir, 'a.xml'), xml({ tls: 'Y', connection_retry_millis: '4000', ...ignored }));
  const { status, stdout, stderr } = run('--check-config', toml);
  assert.equal(status, 0, stderr);
  for (const name of Object.keys(ignored)) assert.match(stderr, new RegExp(`note: .*: ${name.replaceAll('.', '\\.')}: is ignored with remote_host`));
  assert.match(stdout, /remote_host = "feed.example"\nconnection_retry_millis = 4000\n/);
  fs.writeFileSync(path.join(dir, 'a.xml'), xml({ notify_port: '6662' }));
  assert.match(run('--check-config', toml).stderr, /a\.xml:\d+: notify_port: goes not together with remote_host/);
  fs.rmSync(dir, { recursive: true });
});

// Of the kit on npm, which connects a Data Adapter twice, the Metadata Adapter is what can be dialed.
test('A16: the official Node.js kit listens, over TLS, and goes and returns', ari, async () => {
  const { cert, key } = authority.sign('kit');
  const port = await freePort();
  const start = () => NodeAdapter.start('metadata', { request: port }, { listen: true, secure: { cert: String(cert), key: String(key) } });
  const data = await listening(dataAdapter());
  const server = await dialing(data.port, {}, { metadata: { request_reply_port: port, tls: trusted } });
  for (let life = 0; life < 2; ++life) {
    const kit = await start();
    await until('the kit to be there', () => server.log.match(/remote adapter active" proxy=DEMO /g)?.length === life + 1);
    const { client, record } = await watching(server);
    await record.shows('a', { n: '1' });
    client.disconnect();
    await kit.kill();
    await until('the loss', () => server.log.match(/remote adapter lost" proxy=DEMO /g)?.length === life + 1);
  }
  await server.stop();
});
