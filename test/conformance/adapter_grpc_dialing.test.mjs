// SPDX-License-Identifier: Apache-2.0
// The server dials its remote adapters over gRPC: who they are, how a stream ends, and those that
// say nothing. What is the same over ARI is in adapter_dialing.test.mjs.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import { after, test } from 'node:test';

import { Authority, files } from './lib/certs.mjs';
import { closeLater } from './lib/cleanup.mjs';
import { Client } from './lib/client.mjs';
import { DataAdapter, listening, MetadataAdapter, Status } from './lib/grpc.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const authority = new Authority();
const stranger = new Authority('Nobody');
after(() => [authority, stranger].forEach((one) => one.remove()));

const kRetry = 200;
const trusted = { ca_file: authority.file };
const dataAdapter = (options = {}) => () => new DataAdapter({ snapshots: { a: { n: '1' } }, ...options });

// A server that dials `port` of this machine for its Data Adapter.
async function dialing(port, settings = {}, more = {}) {
  const set = await adapterSet({
    overGrpc: true,
    data: [{ name: 'QUOTES', request_reply_port: port, remote_host: 'localhost', connection_retry_millis: kRetry, ...settings }],
    ...more,
  });
  return Server.start({ adapter_set: [set] });
}
const letIn = (host) => until('an adapter to be let in', () => host.adapters.find((one) => one.initParams));
const says = (server, pattern) => until(() => `${pattern} of the server; its log:\n${server.log.slice(-3000)}`, () => pattern.test(server.log));
const reached = (server, times) => until(() => `so many dialed; the log:\n${server.log.slice(-3000)}`, () => (server.log.match(/"remote adapter dialed"/g) ?? []).length >= times);

async function shows(server, value) {
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['a'], ['n'], { adapter: 'QUOTES' }).active();
  await record.shows('a', { n: value });
  client.disconnect();
}

test('Hello need not name the adapter, and must not name another one', async () => {
  const wrong = await listening(dataAdapter({ hello: { data_adapter: 'OTHER' } }));
  const server = await dialing(wrong.port);
  await says(server, /remote adapter not reached.*another adapter than this one is wanted here/);
  const [refused] = wrong.adapters;
  assert.equal(await refused.ended(), Status.OK, 'half a close, as there is no status to send');
  assert.match(refused.goodbye.reason, /^NOT_FOUND: /);
  assert.equal(refused.initParams, null);
  wrong.close();
  for (const [i, hello] of [{}, { adapter_set: 'DEMO', data_adapter: 'QUOTES' }].entries()) {
    const right = await listening(dataAdapter({ hello }), { port: wrong.port });
    const adapter = await letIn(right);
    assert.equal(adapter.initParams['adapters_conf.id'], 'DEMO');
    assert.equal(adapter.initParams['data_provider.name'], 'QUOTES');
    await shows(server, '1');
    right.close();
    await until('the loss', () => server.log.match(/remote adapter lost/g)?.length === i + 1);
  }
  await server.stop();
  assert.ok(server.totals().dials_failed >= 1);
  assert.equal(server.log.match(/"remote adapter ready"/g).length, 2);
});

test('a token in the headers of the response', async () => {
  const wrong = await listening(dataAdapter({ token: 'no' }));
  const server = await dialing(wrong.port, { auth: true, tokens: ['s3cret'] });
  await until('a goodbye', () => wrong.adapters[0]?.goodbye);
  assert.equal(wrong.adapters[0].goodbye.reason, 'UNAUTHENTICATED: wrong credentials');
  assert.equal(wrong.adapters[0].initParams, null);
  wrong.close();
  const right = await listening(dataAdapter({ token: 's3cret' }), { port: wrong.port });
  await letIn(right);
  await shows(server, '1');
  await server.stop();
  assert.ok(server.totals().credentials_refused >= 1);
  assert.doesNotMatch(server.log, /s3cret/);
});

// What comes of dialing over TLS: 'Init' or why not.
async function secured(tls, { certificate = authority.sign('feed'), settings = {}, secure = {} } = {}) {
  const { cert, key } = certificate;
  const host = await listening(dataAdapter(), { secure: { cert, key, ...secure } });
  const server = await dialing(host.port, { tls, ...settings });
  const why = () => server.log.match(/"remote adapter not reached.*? reason="?(.*?)"? retry_millis/)?.[1] ?? host.adapters[0]?.goodbye?.reason;
  const result = await until(() => `Init or a reason; the log:\n${server.log}`, () => (host.adapters.some((one) => one.initParams) ? 'Init' : why()));
  if (result === 'Init') await shows(server, '1');
  await server.stop();
  host.close();
  assert.equal(server.totals().dials_failed > 0, result !== 'Init' && !/PERMISSION/.test(result));
  return result;
}

test('TLS: the host that is dialed, or its address, must be in the certificate', async () => {
  assert.equal(await secured(trusted), 'Init');
  assert.equal(await secured(trusted, { settings: { remote_host: '127.0.0.1' } }), 'Init');
  const certificate = authority.sign('other', { names: ['other.example'], address: '127.0.0.9' });
  for (const remote_host of ['localhost', '127.0.0.1']) {
    assert.match(await secured(trusted, { certificate, settings: { remote_host } }), /[Hh]ostname/);
  }
  assert.equal(await secured({ ...trusted, skip_hostname_check: true }, { certificate }), 'Init');
});

test('TLS: whom nobody trusts is not spoken to, nor who speaks none', async () => {
  const certificate = stranger.sign('odd');
  assert.match(await secured(trusted, { certificate }), /certificate verify failed/i);
  assert.match(await secured({ ...trusted, skip_hostname_check: true }, { certificate }), /certificate verify failed/i);
  assert.match(await secured({}), /certificate verify failed/i, 'the system trusts others');
  const plain = await listening(dataAdapter());
  const server = await dialing(plain.port, { tls: trusted });
  await says(server, /remote adapter not reached.*(WRONG_VERSION_NUMBER|handshake)/i);
  await server.stop();
  assert.equal(plain.adapters.length, 0);
});

test('TLS: an own certificate for those who ask for one', async () => {
  const asks = { ca: authority.pem, requestCert: true };
  assert.equal(await secured({ ...trusted, ...files(authority.sign('penstock')) }, { secure: asks }), 'Init');
  assert.notEqual(await secured(trusted, { secure: asks }), 'Init');
});

test('TLS: only a certificate with a name that is listed', async () => {
  assert.equal(await secured(trusted, { settings: { certificate_names: ['else', 'localhost'] } }), 'Init');
  assert.match(await secured(trusted, { settings: { certificate_names: ['else'] } }), /^PERMISSION_DENIED: the certificate/);
});

test('TLS: files that have changed are used for the next connection', async () => {
  const { cert, key } = authority.sign('feed');
  const host = await listening(dataAdapter(), { secure: { cert, key, ca: authority.pem, requestCert: true } });
  const own = stranger.sign('own');
  const server = await dialing(host.port, { tls: { ...trusted, ...files(own), reload_check_millis: 100 } });
  await says(server, /remote adapter not reached/);
  const good = authority.sign('own');
  fs.copyFileSync(good.key_file, own.key_file);
  fs.copyFileSync(good.certificate_file, own.certificate_file);
  await letIn(host);
  await server.stop();
});

test('who says nothing is left in a while and dialed again, in whatever state it falls silent', async () => {
  let connections = 0;
  const sockets = [];
  const deaf = closeLater(net.createServer((socket) => ((connections += 1), sockets.push(socket.on('error', () => {})))), (one) => one.close());
  await new Promise((resolve) => deaf.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const mute = await listening(dataAdapter({ hello: null }));
  const servers = [await dialing(deaf.address().port, { remote_host: '127.0.0.1' }), await dialing(mute.port, { remote_host: '127.0.0.1' })];
  await says(servers[0], /remote adapter not reached.*127\.0\.0\.1 port \d+: no answer/);
  await says(servers[1], /remote adapter not reached.*no Hello in time/);
  await until('another connection', () => connections > 1);
  await until('another stream', () => mute.adapters.length > 1);
  assert.equal(mute.adapters[0].goodbye.reason, 'DEADLINE_EXCEEDED: no Hello in time');
  // The end does not wait for them, either: a Hello has ten seconds.
  const stopping = Date.now();
  await Promise.all(servers.map((one) => one.stop()));
  assert.ok(Date.now() - stopping < 9000, `${Date.now() - stopping} ms`);
  sockets.forEach((one) => one.destroy());
  deaf.close();
  assert.ok(servers[1].totals().dials_failed >= 1);
});

test('goodbye of the adapter: it is asked nothing more, and dialed again', async () => {
  const host = await listening(dataAdapter());
  const server = await dialing(host.port);
  const first = await letIn(host);
  await shows(server, '1');
  first.leave('maintenance');
  assert.equal(await first.ended(), Status.OK);
  await says(server, /goodbye of a remote adapter.*maintenance/);
  await reached(server, 2);
  await shows(server, '1');
  await server.stop();
  assert.doesNotMatch(server.log, /remote adapter lost/);
});

test('goodbye of the server, and half-close behind it', async () => {
  const data = await listening(dataAdapter());
  const metadata = await listening(() => new MetadataAdapter());
  const dials = { remote_host: '127.0.0.1', connection_retry_millis: kRetry, request_reply_port: metadata.port };
  const server = await dialing(data.port, {}, { metadata: dials });
  const adapters = [await letIn(metadata), await letIn(data)];
  await says(server, /remote adapter active" proxy=DEMO /);
  await shows(server, '1');
  await server.stop();
  for (const one of adapters) {
    assert.equal(await one.ended(), Status.OK);
    assert.ok(one.goodbye);
    assert.equal(one.all('CLOSE').length, 1);
  }
  assert.deepEqual([server.totals().dials, server.totals().dials_failed], [2, 0]);
});

test('how the adapter ends the stream is told, of one that serves and of one that does not begin', async () => {
  const host = await listening(dataAdapter());
  const server = await dialing(host.port);
  (await letIn(host)).endWith(Status.RESOURCE_EXHAUSTED, 'no credit');
  await says(server, /remote adapter lost.*RESOURCE_EXHAUSTED: no credit/);
  host.close();
  await listening(() => ({ attach: (call) => (call.emit('error', { code: Status.UNAVAILABLE, details: 'asleep' }), { kill() {} }) }), { port: host.port });
  await says(server, /remote adapter not reached.*UNAVAILABLE: asleep/);
  await server.stop();
});

test('who breaks the contract is told so', async () => {
  const host = await listening(dataAdapter({ answerInit: false }));
  const server = await dialing(host.port);
  const adapter = await letIn(host);
  adapter.send({ hello: {} });
  await until('a goodbye', () => adapter.goodbye);
  assert.equal(adapter.goodbye.reason, 'INVALID_ARGUMENT: protocol error: a second Hello');
  assert.equal(await adapter.ended(), Status.OK);
  await server.stop();
});
