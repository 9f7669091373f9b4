// SPDX-License-Identifier: Apache-2.0
// Adapters of the C++ SDK over gRPC, on the real server: who they are, how they leave, what only
// gRPC carries, and that neither side grows when the other one stands still. What is the same over ARI is tested by
// sdk_cpp_servers.test.mjs and sdk_control.test.mjs, with PENSTOCK_ADAPTERS=grpc.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';

import { Authority, files } from './lib/certs.mjs';
import { closeLater } from './lib/cleanup.mjs';
import { Client } from './lib/client.mjs';
import { CommandedAdapter } from './lib/commanded_adapter.mjs';
import { CppAdapter } from './lib/cpp_adapter.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, binary, endpointOf, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { pause, until } from './lib/wait.mjs';

const kStill = 6000; // how long one of the two stands still
const kPad = 2000; // bytes of an update
const kMaxQueued = 1 << 20;
const kGrowth = 32 << 20; // of a process, beyond what its buffers may take; without bounds it is more in that time

// What a sanitizer keeps of freed memory is nobody's growth.
process.env.ASAN_OPTIONS = [process.env.ASAN_OPTIONS, 'quarantine_size_mb=1'].filter(Boolean).join(':');

const authority = new Authority();
after(() => authority.remove());

async function serve(name, settings = {}) {
  const set = await adapterSet({ overGrpc: true, data: [{ name, ...settings }] });
  const server = await Server.start({ adapter_set: [set] });
  return { server, port: set.data_adapter[0].request_reply_port };
}

function residentBytes(pid) {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}

async function seesData(server) {
  const client = await Client.connected(server.url);
  const record = client.subscribe(['memory'], ['total'], { adapter: 'HOSTMONITOR' });
  await until(() => `a value; the server's log:\n${server.log.slice(-3000)}`, () => Number(record.last('memory')?.total) > 0);
  client.client.disconnect();
}

test('with a token in the password file; the server says why it takes no other', async () => {
  const { server, port } = await serve('HOSTMONITOR', { auth: true, tokens: ['s3cret'], connection_recovery_timeout_millis: 100 });
  const file = path.join(authority.dir, 'token');
  fs.writeFileSync(file, 'wr0ng\n');
  const endpoint = [`grpc://127.0.0.1:${port}/DEMO/HOSTMONITOR`];
  const wrong = CppAdapter.hostmonitor(endpoint, { args: ['--password-file', file] });
  await wrong.says('no connection: UNAUTHENTICATED: wrong credentials');
  await wrong.stop();
  fs.writeFileSync(file, 's3cret\n');
  const right = CppAdapter.hostmonitor(endpoint, { args: ['--password-file', file] });
  await right.ready();
  await seesData(server);
  for (const log of [wrong.log, right.log, server.log]) assert.doesNotMatch(log, /wr0ng|s3cret/);
  await right.stop();
  await server.stop();
});

test('an adapter of another name is told that nobody waits for it', async () => {
  const { server, port } = await serve('HOSTMONITOR');
  const adapter = CppAdapter.hostmonitor([`grpc://127.0.0.1:${port}/DEMO/OTHER`]);
  await adapter.says('no connection: NOT_FOUND: ');
  await adapter.stop();
  await server.stop();
});

test('over TLS, with the certificate that its name is listed for', async () => {
  const tls = { ...files(authority.sign('server')), ca_file: authority.file, force_client_auth: true };
  const { server, port } = await serve('HOSTMONITOR', { tls, certificate_names: ['feed.example'], connection_recovery_timeout_millis: 100 });
  const endpoint = [`grpcs://127.0.0.1:${port}/DEMO/HOSTMONITOR`];
  const trusts = (...more) => ({ args: ['--ca', authority.file, ...more] });
  const shows = ({ certificate_file, key_file }) => ['--certificate', certificate_file, '--key', key_file];
  const without = CppAdapter.hostmonitor(endpoint, trusts());
  await without.says('no connection: UNAVAILABLE: ');
  const other = CppAdapter.hostmonitor(endpoint, trusts(...shows(authority.sign('other', { names: ['other.example'] }))));
  await other.says('no connection: PERMISSION_DENIED: ');
  for (const one of [without, other]) {
    assert.doesNotMatch(one.log, /ready/);
    await one.stop();
  }
  const adapter = CppAdapter.hostmonitor(endpoint, trusts(...shows(authority.sign('feed', { names: ['feed.example'] }))));
  await adapter.ready();
  await seesData(server);
  await adapter.stop();
  await server.stop();
});

test('one that stops says goodbye, and the standby goes on at once', async () => {
  const { server, port } = await serve('HOSTMONITOR');
  const endpoint = [`grpc://127.0.0.1:${port}/DEMO/HOSTMONITOR`];
  const leaving = CppAdapter.hostmonitor(endpoint);
  await leaving.says('HOSTMONITOR: active');
  const standby = CppAdapter.hostmonitor(endpoint);
  await standby.says('HOSTMONITOR: stands by');
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['memory'], ['total', 'free', 'available'], { adapter: 'HOSTMONITOR' }).active();
  await until('a value', () => Number(record.last('memory')?.total) > 0);
  await leaving.stop();
  await standby.says('HOSTMONITOR: active');
  await until('the goodbye', () => /goodbye of a remote adapter/.test(server.log));
  const values = record.updates.length;
  await until('values of the other one', () => record.updates.length > values);
  client.disconnect();
  await standby.stop();
  await server.stop();
  assert.doesNotMatch(server.log, /remote adapter lost/);
});

// A server that dials HOSTMONITOR on `port`.
async function dials(port, settings = {}) {
  const data = [{ name: 'HOSTMONITOR', request_reply_port: port, remote_host: 'localhost', connection_retry_millis: 100, ...settings }];
  return Server.start({ adapter_set: [await adapterSet({ overGrpc: true, data })] });
}

test('who listens is dialed again when one of the two was away, and serves one server at a time', async () => {
  const port = await freePort();
  const adapter = CppAdapter.hostmonitor([`grpc-listen://:${port}`]);
  const first = await dials(port);
  await adapter.ready();
  await seesData(first);
  const second = await dials(port);
  await adapter.says('turned away 127.0.0.1:\\d+: another server is connected');
  await until('the reason', () => /remote adapter not reached.*RESOURCE_EXHAUSTED: another server is connected/.test(second.log));
  await seesData(first);
  first.signal('SIGKILL');
  await first.ended();
  await adapter.ready(2);
  await seesData(second);
  await adapter.kill();
  const again = CppAdapter.hostmonitor([`grpc-listen://127.0.0.1:${port}/DEMO/HOSTMONITOR`]);
  await again.ready();
  await seesData(second);
  await again.stop();
  await until('the goodbye', () => /goodbye of a remote adapter/.test(second.log));
  await second.stop();
});

test('who listens over TLS wants a certificate of the server, and brings its token', async () => {
  const { certificate_file, key_file } = authority.sign('listening');
  const file = path.join(authority.dir, 'listening-token');
  fs.writeFileSync(file, 's3cret\n');
  const args = ['--ca', authority.file, '--certificate', certificate_file, '--key', key_file, '--password-file', file];
  const adapter = CppAdapter.hostmonitor(['grpcs-listen://:0'], { args });
  const port = await adapter.port();
  const settings = { auth: true, tokens: ['s3cret'], tls: { ca_file: authority.file } };
  const nobody = await dials(port, settings);
  await until('the refusal', () => /remote adapter not reached/.test(nobody.log));
  await nobody.stop();
  assert.doesNotMatch(nobody.log, /remote adapter ready/);
  const server = await dials(port, { ...settings, tls: { ca_file: authority.file, ...files(authority.sign('dialing')) } });
  await adapter.ready();
  await seesData(server);
  await adapter.stop();
  await server.stop();
  for (const log of [adapter.log, server.log]) assert.doesNotMatch(log, /s3cret/);
});

test('who listens and stands still is lost in time, and dialed until it is back', async () => {
  const adapter = CppAdapter.hostmonitor(['grpc-listen://:0']);
  const server = await dials(await adapter.port(), { keepalive_timeout_millis: 2000 });
  await adapter.ready();
  await seesData(server);
  const before = Date.now();
  adapter.signal('SIGSTOP');
  await until(() => `the loss; the log:\n${server.log.slice(-3000)}`, () => /remote adapter lost.*keepalive/.test(server.log));
  const took = Date.now() - before;
  assert.ok(took < 15000, `${took} ms`); // without keepalives it is for ever
  await until('an attempt in vain', () => /remote adapter not reached.*no answer/.test(server.log));
  adapter.signal('SIGCONT');
  await adapter.ready(2);
  await seesData(server);
  await adapter.stop();
  await server.stop();
});

test('a client is told the response to its message', async () => {
  const set = await adapterSet({ overGrpc: true, metadata: {}, data: ['PORTFOLIO'] });
  const server = await Server.start({ adapter_set: [set] });
  const adapter = await CppAdapter.pair('portfolio', set, true);
  const client = await Client.connected(server.url, { user: 'ann' });
  assert.equal(await client.send('buy stock.IBM 10', 'orders').outcome(), 'processed bought 10 stock.IBM');
  assert.match(await client.send('sell stock.IBM 111', 'orders').outcome(), /^deny -1 /);
  client.disconnect();
  await adapter.stop();
  await server.stop();
});

// What is remembered of one Data Adapter's item is not taken for the other's, whichever was asked about first.
test('items of one name may have other modes of another Data Adapter', async () => {
  const set = await adapterSet({ overGrpc: true, metadata: {}, data: ['ANY', 'RAW'] });
  const server = await Server.start({ adapter_set: [set] });
  const program = path.resolve(path.dirname(binary()), '../../test/conformance/control_adapter/control_adapter');
  const endpoint = endpointOf(set.metadata_adapter.request_reply_port, true);
  const metadata = closeLater(spawn(program, [endpoint], { stdio: ['pipe', 'inherit', 'inherit'] }), (one) => one.kill());
  await until('the Metadata Adapter', () => /remote adapter ready/.test(server.log));
  const socket = await TlcpSocket.session(server.port);
  let subscriptions = 0;
  for (const item of ['item', 'user']) {
    for (const [suffix, ...order] of [['a', 'ANY', 'RAW'], ['b', 'RAW', 'ANY']]) {
      for (const adapter of order) {
        const answer = await socket.subscribe(++subscriptions, item + suffix, 'n', `&LS_data_adapter=${adapter}`);
        assert.match(answer, adapter === 'ANY' ? /^SUBOK,/ : /^REQERR,a\d+,24,/, `${item + suffix} of ${adapter}`);
      }
    }
  }
  socket.terminate();
  metadata.stdin.end();
  await until('the end of the adapter', () => metadata.exitCode !== null);
  assert.equal(metadata.exitCode, 0);
  await server.stop();
});

test('a process that takes the place of one that was killed tells what came meanwhile, and nothing else', async () => {
  const { server, port } = await serve('DEFAULT');
  const endpoint = `grpc://127.0.0.1:${port}/DEMO/DEFAULT`;
  const killed = CppAdapter.log(endpoint, 0, 200);
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['log'], ['n'], { mode: 'DISTINCT' }).active();
  const seen = () => record.list('log', 'n').map(Number);
  await until('some events', () => seen().length > 100);
  await killed.kill();
  const last = seen().at(-1);
  const next = CppAdapter.log(endpoint, last + 500, 200); // so many it missed
  const [, from] = await next.says('sub log (\\d+)');
  await until(() => `its own events; the last one is ${seen().at(-1)}`, () => seen().at(-1) > last + 600);
  assert.ok(Number(from) > last - 100 && Number(from) <= last + 500, `it goes on with ${from}, ${last} was seen`);
  const [first] = seen();
  assert.deepEqual(seen(), Array.from({ length: seen().length }, (_, i) => first + i), 'each event, and each once');
  assert.deepEqual([record.lost, record.clears('log')], [0, 0]);
  client.disconnect();
  await next.stop();
  await server.stop();
  assert.equal(server.totals().items_resumed, 1);
});

test('a server that stands still does not make the adapter grow, and gets every event', async () => {
  const { server, port } = await serve('DEFAULT');
  const adapter = await CommandedAdapter.start([port], { maxQueued: kMaxQueued, overGrpc: true });
  const client = await Client.connected(server.url, { transport: 'WS-STREAMING' });
  const record = await client.subscribe(['price'], ['n']).active();
  await adapter.says('sub price');
  // All buffers have had their fill.
  adapter.tell('flood', 'price', 20000, kPad);
  await adapter.says('flooded price', 60000);
  const before = residentBytes(adapter.pid);
  server.signal('SIGSTOP');
  adapter.tell('flood', 'price', 100000, kPad); // 200 MB
  const sizes = [];
  for (const end = Date.now() + kStill; Date.now() < end; await pause(500)) sizes.push(residentBytes(adapter.pid));
  assert.equal(adapter.said.filter((line) => line.startsWith('flooded')).length, 1, 'the provider waits');
  server.signal('SIGCONT');
  const most = Math.max(...sizes);
  assert.ok(most < before + 2 * kMaxQueued + kGrowth, `${before} bytes before, then ${sizes}`);
  await until('the end of the flood', () => adapter.said.filter((line) => line.startsWith('flooded')).length === 2, 60000);
  await record.shows('price', { n: '100000' });
  const { events, conflated, lost } = await adapter.counters(port);
  assert.deepEqual([events, conflated, lost], [120000, 0, 0]);
  client.disconnect();
  await adapter.stop();
  await server.stop();
});

test('an adapter that stands still does not make the server grow', async () => {
  const { server, port } = await serve('DEFAULT');
  const adapter = await CommandedAdapter.start([port], { overGrpc: true });
  const socket = await TlcpSocket.session(server.port);
  socket.onLine = (line) => /^(SUBOK|UNSUB|REQOK|U|EOS|CONF)\b/.test(line);
  const churn = async (round) => {
    for (let i = 0; i < 200; ++i) {
      const id = round * 1000 + i + 1;
      socket.control(`LS_reqId=${2 * id}&LS_op=add&LS_subId=${id}&LS_mode=MERGE&LS_group=item${i}&LS_schema=n`);
      socket.control(`LS_reqId=${2 * id + 1}&LS_op=delete&LS_subId=${id}`);
    }
    await pause(100);
  };
  await churn(0);
  process.kill(adapter.pid, 'SIGSTOP');
  await churn(1);
  const before = residentBytes(server.pid);
  const sizes = [];
  for (let round = 2; round < kStill / 100; ++round) {
    await churn(round);
    sizes.push(residentBytes(server.pid));
  }
  process.kill(adapter.pid, 'SIGCONT');
  assert.ok(Math.max(...sizes) < before + kGrowth, `${before} bytes before, then ${sizes}`);
  socket.terminate();
  await adapter.stop();
  await server.stop();
});
