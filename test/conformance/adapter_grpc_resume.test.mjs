// SPDX-License-Identifier: Apache-2.0
// Resume tokens: a Data Adapter over gRPC that comes back says only what was missed.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client } from './lib/client.mjs';
import { DataAdapter } from './lib/grpc.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const row = (command, key, a) => ({ key, command, a });

async function started(data = {}) {
  const set = await adapterSet({ overGrpc: true, data: [{ name: 'DEFAULT', ...data }] });
  const server = await Server.start({ adapter_set: [set] });
  return { server, port: set.data_adapter[0].request_reply_port };
}
// What the listener of `record` was told from `from` on.
const told = (record, from = 0) =>
  record.all.slice(from).map((one) => (one.values ? Object.values(one.values).map((value) => value ?? '-').join(',') : one.end ? 'end' : one.clear ? 'clear' : 'lost'));
const token = (adapter, item) => String(adapter.subscribes.find((one) => one.item === item).resume_token);

const kSnapshots = { m: { a: '1', b: '1' }, d: [{ a: '1' }, { a: '2' }], c: [row('ADD', 'k1', '1'), row('ADD', 'k2', '1')] };

// A client that watches an item of each mode, of an adapter that has given a token with an update of
// each, and is gone.
async function lost(port, url) {
  const adapter = await DataAdapter.start(port, { snapshots: kSnapshots });
  const client = await Client.connected(url);
  const records = {
    m: client.subscribe(['m'], ['a', 'b']),
    d: client.subscribe(['d'], ['a'], { mode: 'DISTINCT' }),
    c: client.subscribe(['c'], ['key', 'command', 'a'], { mode: 'COMMAND' }),
  };
  // What came earlier would be part of the snapshots.
  await until('the snapshots', () => told(records.m).length > 0 && told(records.d).includes('end') && told(records.c).includes('end'));
  for (const [item, fields] of Object.entries({ m: { a: '2' }, d: { a: '3' }, c: row('UPDATE', 'k2', '2') })) {
    adapter.token = `behind ${item}`;
    adapter.update(item, fields);
  }
  adapter.token = null;
  await until('the updates', () => told(records.m).at(-1) === '2,1' && told(records.d).at(-1) === '3' && told(records.c).at(-1) === 'k2,UPDATE,2');
  const before = Object.fromEntries(Object.entries(records).map(([item, record]) => [item, record.all.length]));
  adapter.kill();
  return { client, records, before };
}

test('an adapter that goes on behind the token repeats nothing, and nothing goes', async () => {
  const { server, port } = await started();
  const { client, records, before } = await lost(port, server.url);
  const missed = { m: [{ b: '3' }], d: [{ a: '4' }], c: [row('ADD', 'k3', '1')] };
  const back = await DataAdapter.start(port, { snapshots: kSnapshots, missed: (item, given) => (given === `behind ${item}` ? missed[item] : null) });
  await until('what was missed', () => Object.keys(missed).every((item) => records[item].all.length > before[item]));
  // Whoever comes now finds the state of both adapters.
  const late = client.subscribe(['c'], ['key', 'command', 'a'], { mode: 'COMMAND' });
  await until('the rows', () => told(late).includes('end'));
  back.update('m', { a: '9' }, true); // no matter what it is called: news
  await until('news', () => told(records.m).at(-1) === '9,3');
  assert.deepEqual(told(records.m, before.m), ['2,3', '9,3']);
  assert.deepEqual(told(records.d, before.d), ['4']);
  assert.deepEqual(told(records.c, before.c), ['k3,ADD,1']);
  assert.deepEqual(told(late), ['k1,ADD,1', 'k2,ADD,2', 'k3,ADD,1', 'end']);
  client.disconnect();
  await server.stop();
  assert.equal(server.totals().items_resumed, 3);
});

test('one that takes no notice of the token says all, and that replaces the state', async () => {
  const { server, port } = await started();
  const { client, records, before } = await lost(port, server.url);
  const back = await DataAdapter.start(port, { snapshots: { m: { a: '5' }, d: [], c: [row('ADD', 'k2', '2')] } });
  await until('the new state', () => told(records.m).at(-1) === '5,-' && told(records.c).at(-1) === 'k1,DELETE,-');
  assert.equal(token(back, 'm'), 'behind m');
  assert.deepEqual(told(records.c, before.c), ['k1,DELETE,-']);
  client.disconnect();
  await server.stop();
  assert.equal(server.totals().items_resumed, 0);
});

test('where the state goes with the adapter there is no token', async () => {
  const { server, port } = await started({ events_recovery: 'enforce_snapshot' });
  const { client, records } = await lost(port, server.url);
  const back = await DataAdapter.start(port, { snapshots: kSnapshots });
  await until('the snapshot', () => told(records.m).at(-1) === '1,1');
  for (const item of ['m', 'd', 'c']) assert.equal(token(back, item), '');
  client.disconnect();
  await server.stop();
});

test('a token that is too long, and going on without one, are malformed and harm nothing', async () => {
  const { server, port } = await started();
  const first = await DataAdapter.start(port, { snapshots: { m: { a: '1' } } });
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['m'], ['a']).active();
  await first.subscribed('m');
  first.token = 'x'.repeat(1024);
  first.update('m', { a: '2' });
  first.token = 'x'.repeat(1025);
  first.update('m', { a: '3' });
  await record.shows('m', { a: '3' });
  first.kill();
  const second = await DataAdapter.start(port, { autoReply: false });
  await second.subscribed('m');
  assert.equal(token(second, 'm'), '');
  second.send({ subscribe_result: { subscription: second.active.get('m'), snapshot: 'SNAPSHOT_RESUMED' } });
  second.update('m', { a: '4' }, true);
  await record.shows('m', { a: '4' });
  client.disconnect();
  await server.stop();
  assert.equal(server.totals().malformed_lines, 2);
  assert.equal(server.totals().items_resumed, 0);
});

test('a token may come without an event', async () => {
  const { server, port } = await started();
  const first = await DataAdapter.start(port, { snapshots: { m: { a: '1' } } });
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['m'], ['a']).active();
  await record.shows('m', { a: '1' });
  first.send({ events: { events: [{ subscription: first.active.get('m'), resume_token: Buffer.from('alone') }] } });
  first.update('m', { a: '2' });
  await record.shows('m', { a: '2' });
  first.kill();
  const back = await DataAdapter.start(port, { missed: (item, given) => (given === 'alone' ? [{ a: '3' }] : null) });
  await record.shows('m', { a: '3' });
  assert.equal(token(back, 'm'), 'alone');
  client.disconnect();
  await server.stop();
  assert.equal(server.totals().malformed_lines, 0);
});

test('the token lives as long as the item is wanted', async () => {
  const { server, port } = await started();
  const adapter = await DataAdapter.start(port, { snapshots: { m: { a: '1' } } });
  adapter.token = 'old';
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['m'], ['a']).active();
  await record.shows('m', { a: '1' });
  client.unsubscribe(record);
  await until('USB', () => adapter.count('USB m') === 1);
  const again = await client.subscribe(['m'], ['a']).active();
  await again.shows('m', { a: '1' });
  assert.deepEqual(adapter.subscribes.map(({ resume_token: one }) => String(one)), ['', '']);
  client.disconnect();
  await server.stop();
});

test('a snapshot that replaces has no token before its end', async () => {
  const { server, port } = await started();
  const { client, records } = await lost(port, server.url);
  const half = await DataAdapter.start(port, { autoEos: false });
  await half.subscribed('c');
  half.token = 'half';
  half.row('c', 'ADD', 'k1', { a: '7' }, true);
  await until('the row', () => told(records.c).at(-1) === 'k1,UPDATE,7');
  half.kill();
  const whole = await DataAdapter.start(port, { autoEos: false });
  await whole.subscribed('c');
  assert.equal(token(whole, 'c'), '');
  whole.token = 'whole';
  whole.row('c', 'ADD', 'k1', { a: '8' }, true);
  whole.eos('c');
  await until('the other row to go', () => told(records.c).at(-1) === 'k2,DELETE,-');
  whole.kill();
  const last = await DataAdapter.start(port);
  await last.subscribed('c');
  assert.equal(token(last, 'c'), 'whole');
  client.disconnect();
  await server.stop();
});

test('an old token goes when the flow begins anew', async () => {
  const { server, port } = await started();
  const { client, records } = await lost(port, server.url);
  const anew = await DataAdapter.start(port, { snapshots: { m: { a: '5' } } });
  await until('the new state', () => told(records.m).at(-1) === '5,-');
  assert.equal(token(anew, 'm'), 'behind m');
  anew.kill();
  const last = await DataAdapter.start(port);
  await last.subscribed('m');
  assert.equal(token(last, 'm'), '');
  client.disconnect();
  await server.stop();
});

test('what is told of an item that was refused has no token', async () => {
  const { server, port } = await started();
  const adapter = await DataAdapter.start(port);
  adapter.refusals.set('m', 'EU|no');
  const client = await Client.connected(server.url);
  client.subscribe(['m'], ['a']);
  await adapter.subscribed('m');
  adapter.token = 'never';
  adapter.update('m', { a: '1' });
  const other = await client.subscribe(['n'], ['a']).active();
  await adapter.subscribed('n');
  adapter.update('n', { a: '1' });
  await other.shows('n', { a: '1' });
  adapter.kill();
  const back = await DataAdapter.start(port);
  await until('both items', () => back.active.size === 2);
  assert.deepEqual([token(back, 'm'), token(back, 'n')], ['', 'never']);
  client.disconnect();
  await server.stop();
});
