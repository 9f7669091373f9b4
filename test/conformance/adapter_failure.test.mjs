// SPDX-License-Identifier: Apache-2.0
// How failures of adapters end: the server's exit, or a remote adapter that is let go (A14); how long
// the start and the next attempt wait, and in which order adapters are let in.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/ari.mjs';
import { Client } from './lib/client.mjs';
import { adapterSet, connects, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { never, pause, until } from './lib/wait.mjs';

let server;
let set;
const adapters = [];

async function serve(options, settings) {
  set = await adapterSet(options);
  server = await Server.start({ adapter_set: [set] }, settings);
}
const dataPort = () => set.data_adapter[0].request_reply_port;
const metadataPort = () => set.metadata_adapter.request_reply_port;
async function connect(Kind, port, options = {}) {
  const adapter = new Kind(options);
  adapters.push(adapter);
  return adapter.connect(port);
}
const said = (text) => server.log.includes(text);

afterEach(async () => {
  adapters.splice(0).forEach((adapter) => adapter.kill());
  if (server.running) await server.stop();
});

const kPlain = { robust: false, first_connection_timeout_millis: undefined, connection_recovery_timeout_millis: undefined };
async function endsWith(reason) {
  const end = await server.ended();
  assert.equal(end.code, 1, server.log);
  assert.match(server.log, reason);
}

// --- Plain proxies

test('A14: plain: FAL of the Data Adapter ends the server with the reason', async () => {
  await serve({ each: kPlain }, { ready: false });
  const adapter = await connect(DataAdapter, dataPort());
  await server.ready();
  adapter.socket.write('0|FAL|E|the feed is gone\r\n');
  await endsWith(/DEMO\.DEFAULT.*the feed is gone/);
});

test('A14: plain: EF in answer to a subscription ends the server with the reason', async () => {
  await serve({ each: kPlain }, { ready: false });
  const adapter = await connect(DataAdapter, dataPort());
  adapter.refusals.set('x', 'EF|the database is gone');
  await server.ready();
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'x', 'a');
  await endsWith(/DEMO\.DEFAULT.*the database is gone/);
});

test('A14: plain: FAL of the Metadata Adapter ends the server with the reason', async () => {
  await serve({ metadata: kPlain }, { ready: false });
  const adapter = await connect(MetadataAdapter, metadataPort());
  await server.ready();
  adapter.socket.write('2|FAL|E|no directory\r\n');
  await endsWith(/no directory/);
});

test('A14: plain: an adapter that cannot be initialised ends the start', async () => {
  await serve({ each: kPlain }, { ready: false });
  const adapter = await connect(DataAdapter, dataPort(), { answerInit: false });
  const init = await adapter.seen('DPI');
  assert.equal(adapter.initParams['proxy.instance_id'], undefined);
  adapter.reply(init.id, 'DPI', 'ED|no+feed');
  await endsWith(/no feed/);
});

test('plain: the start waits for the adapter for as long as it takes', async () => {
  await serve({ each: kPlain }, { ready: false });
  await until('the adapter port', () => connects(dataPort()));
  await never('a client port without an adapter', () => connects(server.port), 500);
  await connect(DataAdapter, dataPort());
  await server.ready();
  await server.stop(); // before the adapter goes, which would be a failure
});

// --- Robust proxies

test('A14: robust: FAL and EF detach the adapter, sessions stay, the next one comes in', async () => {
  await serve();
  const first = await DataAdapter.start(dataPort(), { snapshots: { '*': { a: '1' } } });
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['x'], ['a']).active();
  await record.shows('x', { a: '1' });
  first.socket.write('0|FAL|E|gone\r\n');
  await until('the end of the first one', () => first.closed);
  await first.seen('CLOSE');
  const second = new DataAdapter();
  second.refusals.set('x', 'EF|gone too');
  adapters.push(await second.connect(dataPort()));
  await second.seen('CLOSE');
  const third = await DataAdapter.start(dataPort(), { snapshots: { '*': { a: '3' } } });
  adapters.push(third);
  await record.shows('x', { a: '3' });
  client.disconnect();
});

test('connection_recovery_timeout_millis = n: the next attempt is welcome only behind it', async () => {
  await serve({ each: { connection_recovery_timeout_millis: 3000 } });
  const failing = await connect(DataAdapter, dataPort(), { answerInit: false });
  const start = performance.now();
  failing.reply((await failing.seen('DPI')).id, 'DPI', 'ED|no+feed');
  await failing.seen('CLOSE');
  const early = await connect(DataAdapter, dataPort());
  assert.match((await early.seen('CLOSE')).line, /try\+again\+later/);
  adapters.push(await DataAdapter.start(dataPort()));
  assert.ok(performance.now() - start >= 3000);
});

test('connection_recovery_timeout_millis = 0: the next attempt is welcome at once', async () => {
  await serve({ each: { connection_recovery_timeout_millis: 0 } });
  const failing = await connect(DataAdapter, dataPort(), { answerInit: false });
  failing.reply((await failing.seen('DPI')).id, 'DPI', 'ED|no+feed');
  await failing.seen('CLOSE');
  const next = await connect(DataAdapter, dataPort());
  await next.seen('DPI');
  await until('it to be ready', () => said('remote adapter active'));
});

test('connection_recovery_timeout_millis = -1: no other attempt, and the start does not wait for one', async () => {
  await serve({ each: { connection_recovery_timeout_millis: -1, first_connection_timeout_millis: -1 } }, { ready: false });
  const failing = await connect(DataAdapter, dataPort(), { answerInit: false });
  failing.reply((await failing.seen('DPI')).id, 'DPI', 'ED|no+feed');
  await failing.seen('CLOSE');
  await server.ready();
  const next = await connect(DataAdapter, dataPort());
  assert.match((await next.seen('CLOSE')).line, /no\+other\+one\+is\+allowed/);
  assert.equal(next.initParams, null);
});

test('first_connection_timeout_millis: the start waits so long and goes on without the adapter', async () => {
  const start = performance.now();
  await serve({ each: { first_connection_timeout_millis: 1500 } });
  assert.ok(performance.now() - start >= 1500);
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['x'], ['a']).active();
  adapters.push(await DataAdapter.start(dataPort(), { snapshots: { '*': { a: '1' } } }));
  await record.shows('x', { a: '1' });
  client.disconnect();
});

test('first_connection_timeout_millis = -1: the start waits until the adapter has been initialised', async () => {
  await serve({ each: { first_connection_timeout_millis: -1 } }, { ready: false });
  const adapter = await connect(DataAdapter, dataPort(), { answerInit: false });
  const init = await adapter.seen('DPI');
  await never('a client port before the initialisation', () => connects(server.port), 500);
  adapter.reply(init.id, 'DPI', 'S|ARI.version|S|1.9.1');
  await server.ready();
});

// --- The order of a set

test('metadata_adapter_initialised_first: the data ports open when the Metadata Adapter is ready, and stay open', async () => {
  await serve({ metadata: {} });
  const metadata = await connect(MetadataAdapter, metadataPort(), { answerInit: false });
  const init = await metadata.seen('MPI');
  await never('an open data port', () => connects(dataPort()), 300);
  metadata.reply(init.id, 'MPI', 'S|ARI.version|S|1.9.1');
  await until('the data port', () => connects(dataPort()));
  metadata.kill();
  await until('the loss', () => said('remote adapter lost'));
  await pause(50);
  assert.ok(await connects(dataPort()));
});

test('metadata_adapter_initialised_first = false: the data ports are open from the start', async () => {
  set = await adapterSet({ metadata: {} });
  set.metadata_adapter_initialised_first = false;
  server = await Server.start({ adapter_set: [set] });
  const data = await connect(DataAdapter, dataPort());
  await data.seen('DPI');
});
