// SPDX-License-Identifier: Apache-2.0
// Adapters come, go and come late; clients keep their sessions and never see a mix of old and new.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/ari.mjs';
import { Client } from './lib/client.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { never, until } from './lib/wait.mjs';

let server;
let set;
let port;
const adapters = [];

async function dataAdapter(options) {
  const adapter = await DataAdapter.start(port, options);
  adapters.push(adapter);
  return adapter;
}

async function serve(options, settings = {}) {
  set = await adapterSet(options);
  port = set.data_adapter[0].request_reply_port;
  server = await Server.start({ adapter_set: [set], session: { timeout_millis: 500, recovery_millis: 500 }, ...settings });
}

beforeEach(() => serve());
afterEach(async () => {
  adapters.splice(0).forEach((adapter) => adapter.kill());
  await server.stop();
});

test('A13: an adapter that dies and comes back: same session, fresh snapshot, no old field left', async () => {
  const first = await dataAdapter({ snapshots: { '*': { a: 'old', b: 'old', c: 'old' } } });
  const clients = [];
  for (const transport of ['WS-STREAMING', 'HTTP-STREAMING']) {
    const client = await Client.connected(server.url, { transport });
    clients.push({ client, record: await client.subscribe(['x', 'y'], ['a', 'b', 'c']).active(), id: client.sessionId });
  }
  for (const { record } of clients) await record.shows('y', { a: 'old', b: 'old', c: 'old' });

  first.kill();
  await until('the loss', () => !first.socket.readyState || first.closed);
  const second = await dataAdapter({ snapshots: { '*': { a: 'new', b: 'new' } } });
  await second.subscribed('x');
  await second.subscribed('y');
  for (const { client, record, id } of clients) {
    await record.shows('x', { a: 'new', b: 'new', c: null });
    await record.shows('y', { a: 'new', b: 'new', c: null });
    const mixed = record.updates.filter(({ values }) => values.a === 'new' && values.c === 'old');
    assert.deepEqual(mixed, [], 'an update mixed the old snapshot with the new one');
    assert.equal(client.sessionId, id);
    assert.equal(client.statuses.filter((status) => status.startsWith('DISCONNECTED')).length, 0);
  }
  second.update('x', { c: 'live' });
  for (const { client, record } of clients) {
    await record.shows('x', { a: 'new', c: 'live' });
    client.disconnect();
  }
  await until('USB', () => second.count('USB x') === 1);
});

test('a client that subscribes while no adapter is there: subscribed at once, values once it comes', async () => {
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['early'], ['a']).active();
  await never('an update without an adapter', () => record.updates.length > 0, 200);
  const adapter = await dataAdapter({ snapshots: { '*': { a: 'here' } } });
  await record.shows('early', { a: 'here' });
  assert.equal(adapter.count('SUB early'), 1);
  client.disconnect();
});

test('what was unsubscribed while the adapter was away is not asked for again', async () => {
  const first = await dataAdapter({ snapshots: { '*': { a: '1' } } });
  const client = await Client.connected(server.url);
  const stays = await client.subscribe(['stays'], ['a']).active();
  const goes = await client.subscribe(['goes'], ['a']).active();
  await goes.shows('goes', { a: '1' });
  await stays.shows('stays', { a: '1' });
  first.kill();
  client.unsubscribe(goes);
  await goes.ended();
  const second = await dataAdapter({ snapshots: { '*': { a: '2' } } });
  await stays.shows('stays', { a: '2' });
  assert.deepEqual(second.log, ['SUB stays']);
  client.disconnect();
});

test('A8: events of an older subscription of the item are dropped', async () => {
  const adapter = await dataAdapter({ snapshots: { '*': { a: 'snap' } } });
  const client = await Client.connected(server.url);
  const first = await client.subscribe(['gen'], ['a']).active();
  await first.shows('gen', { a: 'snap' });
  const oldId = adapter.active.get('gen');
  client.unsubscribe(first);
  await until('USB', () => adapter.count('USB gen') === 1);
  const second = await client.subscribe(['gen'], ['a']).active();
  await second.shows('gen', { a: 'snap' });
  adapter.update('gen', { a: 'stale' }, false, oldId);
  adapter.update('gen', { a: 'live' });
  await second.shows('gen', { a: 'live' });
  assert.ok(!second.updates.some((update) => update.values.a === 'stale'));
  client.disconnect();
});

test('an item that the adapter refuses harms no other item', async () => {
  const adapter = await dataAdapter({ snapshots: { good: { a: '1' } } });
  adapter.refusals.set('bad', 'EU|no such item');
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['bad', 'good'], ['a']).active();
  await record.shows('good', { a: '1' });
  assert.deepEqual(record.of('bad'), []);
  assert.deepEqual(record.errors, []);
  client.disconnect();
  await until('USB of the refused item too', () => adapter.count('USB bad') === 1);
});

test('A7: SUB and USB of an item alternate, however fast clients come and go', async () => {
  const adapter = await dataAdapter({ snapshots: { '*': { a: '1' } } });
  const socket = await TlcpSocket.session(server.port);
  for (let i = 1; i <= 50; ++i) {
    socket.control(`LS_reqId=${2 * i}&LS_op=add&LS_subId=${i}&LS_mode=MERGE&LS_group=flip&LS_schema=a&LS_snapshot=true&LS_ack=false`);
    socket.control(`LS_reqId=${2 * i + 1}&LS_op=delete&LS_subId=${i}&LS_ack=false`);
  }
  await socket.next('UNSUB,50');
  socket.terminate();
  await until('the last USB', () => adapter.log.at(-1) === 'USB flip' || adapter.log.length === 0);
  adapter.log.forEach((line, i) => assert.equal(line, i % 2 === 0 ? 'SUB flip' : 'USB flip'));
});

test('an update right after a clear: fields that it does not name are null', async () => {
  const adapter = await dataAdapter({ snapshots: { '*': { a: '1', b: '2' } } });
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['cleared'], ['a', 'b']).active();
  await record.shows('cleared', { a: '1', b: '2' });
  adapter.clear('cleared');
  adapter.update('cleared', { a: '3' });
  await record.shows('cleared', { a: '3', b: null });
  client.disconnect();
  assert.deepEqual(client.errors, []);
});

test('the Metadata Adapter dies: sessions go on, new ones are refused until it is back', async () => {
  await server.stop();
  await serve({ metadata: {} });
  const metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  adapters.push(metadata);
  const data = await dataAdapter({ snapshots: { '*': { a: '1' } } });
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['kept'], ['a']).active();
  await record.shows('kept', { a: '1' });
  metadata.kill();

  const refused = new Client(server.url);
  refused.connect();
  await refused.failed();
  data.update('kept', { a: 'still here' });
  await record.shows('kept', { a: 'still here' });

  adapters.push(await MetadataAdapter.start(set.metadata_adapter.request_reply_port));
  const welcome = await Client.connected(server.url);
  welcome.disconnect();
  client.disconnect();
});
