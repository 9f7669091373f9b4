// SPDX-License-Identifier: Apache-2.0
// Selectors, which only adapters over gRPC know: what is asked about them and how often, what clients
// are told in each mode, and who is refused. And what a Metadata Adapter may do for a user without
// one: other items and fields than the client has asked for.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { closeLater } from './lib/cleanup.mjs';
import { Client } from './lib/client.mjs';
import { DataAdapter, MetadataAdapter } from './lib/grpc.mjs';
import { adapterSet, binary, endpointOf, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { totalsOf } from './lib/totals.mjs';
import { never, until } from './lib/wait.mjs';

// Of the same build as the server.
const kControlAdapter = path.resolve(path.dirname(binary()), '../../test/conformance/control_adapter/control_adapter');

const compare = (field, relation, value) => ({ compare: { field, relation: `OPERATOR_${relation}`, ...value } });
const kFilters = {
  big: compare('size', 'GREATER', { number: 9 }),
  // Of "size" between 3 and 8, and a name that is not null, whatever else.
  odd: { all: { filters: [{ negation: { any: { filters: [compare('size', 'LESS', { number: 3 }), compare('size', 'GREATER_OR_EQUAL', { number: 8 })] } } }, compare('name', 'NOT_EQUAL', {})] } },
  'no kind': {},
  'no operator': { compare: { field: 'size', number: 1 } },
  'too deep': Array.from({ length: 16 }).reduce((filter) => ({ negation: filter }), compare('size', 'EQUAL', { number: 1 })),
  'too many': { any: { filters: Array.from({ length: 257 }, () => compare('size', 'EQUAL', { number: 1 })) } },
};
const kRefusals = { unknown: 'EL|no+such+selector', group: 'EI|no', schema: 'ES|no', broken: 'E|no' };
const answers = {
  GSL: ([, , , selector]) => kRefusals[selector] ?? (selector === 'another kind' ? { names: { names: ['x'] } } : selector === 'late' ? null : { selector: { filter: kFilters[selector] } }),
};
const kNames = ['key', 'command', 'size', 'name'];
const selecting = (selector, more = () => {}) => (subscription) => {
  subscription.setSelector(selector);
  more(subscription);
};

let server;
let set;
let metadata;
let data;
let client;
let items = 0;

async function startMetadata(options = {}) {
  return MetadataAdapter.start(set.metadata_adapter.request_reply_port, { hello: { features: ['selectors'] }, answers, ...options });
}

before(async () => {
  set = await adapterSet({ overGrpc: true, metadata: { timeout_millis: 2500, connection_recovery_timeout_millis: 5000 } });
  server = await Server.start({ server: { shards: 2 }, adapter_set: [set] });
  metadata = await startMetadata();
  data = await DataAdapter.start(set.data_adapter[0].request_reply_port);
  client = await Client.connected(server.url);
});
after(async () => {
  client.disconnect();
  metadata.kill();
  data.kill();
  await server.stop();
});

// Two subscriptions of one client to an item of their own: with a selector, and without.
async function pair(mode, { selector = 'big', snapshot, configure } = {}) {
  const item = `item${++items}`;
  const fields = mode === 'COMMAND' ? kNames : kNames.slice(2);
  const options = { mode, ...(snapshot === undefined ? {} : { snapshot }) };
  const some = await client.subscribe([item], fields, { ...options, configure: selecting(selector, configure) }).active();
  const all = await client.subscribe([item], fields, { ...options, configure }).active();
  await data.subscribed(item);
  return { item, some, all };
}

test('each says what it knows', () => {
  assert.deepEqual(metadata.features, ['selectors']);
  assert.deepEqual(data.features, []);
});

test('it is asked once for a subscription, behind the schema, and told with the table', async () => {
  const { item, some } = await pair('MERGE');
  for (let size = 1; size < 20; ++size) data.update(item, { size });
  await some.shows(item, { size: '19' });
  const about = metadata.packets.filter((packet) => packet.tokens.includes(item)).map((packet) => packet.method);
  assert.equal(about.filter((method) => method === 'GSL').length, 1);
  assert.ok(about.indexOf('GSC') < about.indexOf('GSL') && about.indexOf('GSL') < about.indexOf('NNT'));
  const { get_selector: asked } = metadata.requests.find(({ kind, get_selector: one }) => kind === 'get_selector' && one.group === item);
  assert.deepEqual([asked.session, asked.schema, asked.selector, asked.data_adapter], [client.sessionId, 'size name', 'big', 'DEFAULT']);
  const tables = metadata.requests.filter(({ kind, notify_new_table: one }) => kind === 'notify_new_table' && one.table.group === item);
  assert.deepEqual(tables.map((one) => one.notify_new_table.table.selector ?? null).sort(), ['big', null]);
});

test('MERGE: the states that it takes, as differences to what was sent', async () => {
  const { item, some, all } = await pair('MERGE');
  for (const fields of [{ size: '1', name: 'a' }, { size: '10' }, { size: '2' }, { name: 'b' }, { size: '11' }]) {
    data.update(item, fields);
    await all.shows(item, fields);
  }
  await some.lists(item, 'size', ['10', '11']);
  assert.deepEqual(some.of(item).map(({ changed }) => changed), [{ size: '10', name: 'a' }, { size: '11', name: 'b' }]);
  assert.deepEqual(all.list(item, 'size'), ['1', '10', '2', '2', '11']);
});

test('filters of filters, and a field of no schema', async () => {
  const { item, some, all } = await pair('MERGE', { selector: 'odd' });
  for (const [size, name] of [['5', null], ['5', 'a'], ['8', 'a'], ['2', 'a'], ['many', 'a'], ['3', 'a']]) {
    data.update(item, { size, name });
    await until('the update', () => all.of(item).at(-1)?.values.size === size && all.of(item).at(-1).values.name === name);
  }
  await some.lists(item, 'size', ['5', 'many', '3']); // what is no number is not less and not more
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, item, 'name', '&LS_selector=odd');
  await socket.next('U,1,1,a');
  socket.terminate();
});

test('DISTINCT: the events that it takes, of the snapshot too', async () => {
  data.snapshots.set(`item${items + 1}`, [{ size: '1' }, { size: '10' }, { size: '2' }]);
  metadata.answers.GIT = (strings) => strings.map(() => 'I|10|D|0|M|D').join('|');
  const { item, some, all } = await pair('DISTINCT', { snapshot: 'yes' });
  delete metadata.answers.GIT;
  for (const size of ['3', '11', '4', '12']) data.update(item, { size });
  await all.lists(item, 'size', ['1', '10', '2', '3', '11', '4', '12']);
  await some.lists(item, 'size', ['10', '11', '12']);
  assert.deepEqual([some.ends(item), some.of(item)[0].snapshot, some.of(item)[1].snapshot], [1, true, false]);
});

test('COMMAND: the table of the rows that it takes', async () => {
  const { item, some, all } = await pair('COMMAND', { snapshot: 'yes' });
  const rows = [['ADD', 'x', '1'], ['ADD', 'y', '10'], ['UPDATE', 'x', '11'], ['UPDATE', 'y', '2'], ['UPDATE', 'y', '3'], ['UPDATE', 'x', '12'], ['DELETE', 'y'], ['DELETE', 'x']];
  for (const [command, key, size] of rows) {
    data.row(item, command, key, size === undefined ? {} : { size });
    await until(`${command} of ${key}`, () => all.of(item).at(-1)?.values.key === key && all.of(item).at(-1).values.command === command);
  }
  await until('the last row to go', () => some.of(item).at(-1)?.values.command === 'DELETE' && some.of(item).at(-1).values.key === 'x');
  assert.deepEqual(
    some.of(item).map(({ values }) => [values.command, values.key, values.size]),
    [['ADD', 'y', '10'], ['ADD', 'x', '11'], ['DELETE', 'y', null], ['UPDATE', 'x', '12'], ['DELETE', 'x', null]],
  );
});

test('RAW: the events that it takes, by the fields that they have', async () => {
  const item = `item${++items}`;
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, item, 'size name', '&LS_selector=big', 'RAW');
  await data.subscribed(item);
  data.burst(() => {
    for (const fields of [{ size: '1' }, { size: '10' }, { name: 'a' }, { size: '11', name: 'b' }]) data.update(item, fields);
  });
  await socket.next('U,1,1,11|b');
  assert.deepEqual(socket.all.filter((line) => line.startsWith('U,')), ['U,1,1,10|#', 'U,1,1,11|b']);
  socket.terminate();
});

test('what it refuses, and what makes no sense', async () => {
  const socket = await TlcpSocket.session(server.port);
  let id = 0;
  const code = async (selector) => /^REQERR,\w+,(\d+),/.exec(await socket.subscribe(++id, 'x', 'size', `&LS_selector=${encodeURIComponent(selector)}`))?.[1];
  for (const [selector, wanted] of [['unknown', '25'], ['group', '21'], ['schema', '23'], ['broken', '66']]) assert.equal(await code(selector), wanted, selector);
  for (const selector of ['no kind', 'no operator', 'too deep', 'too many', 'another kind', 'late']) assert.equal(await code(selector), '66', selector);
  await until('the Cancel of what was late', () => metadata.cancelled.length === 1);
  socket.terminate();
  const record = client.subscribe(['x'], ['size'], { configure: selecting('unknown') });
  assert.equal((await record.failed()).code, 25);
});

test('a takeover: the next one is asked, unless it knows none', async () => {
  for (const [features, wanted] of [[['selectors'], 'SUBOK,1,'], [[], 'REQERR,a1,25,']]) {
    const own = await adapterSet({ overGrpc: true, metadata: { max_standby: 1, connection_recovery_timeout_millis: 5000 } });
    const other = await Server.start({ adapter_set: [own] });
    const port = own.metadata_adapter.request_reply_port;
    const first = await MetadataAdapter.start(port, { hello: { features: ['selectors'] }, answers: { GSL: () => null } });
    const next = await MetadataAdapter.start(port, { hello: { features }, answers });
    const feed = await DataAdapter.start(own.data_adapter[0].request_reply_port);
    const socket = await TlcpSocket.session(other.port);
    const answer = socket.subscribe(1, 'x', 'size', '&LS_selector=big');
    await first.seen('GSL');
    first.kill();
    assert.match(await answer, new RegExp(`^${wanted}`));
    assert.equal(next.all('GSL').length, features.length);
    for (const one of [socket]) one.terminate();
    for (const one of [next, feed]) one.kill();
    await other.stop();
  }
});

test('an adapter of before is not asked', async () => {
  const own = await adapterSet({ overGrpc: true, metadata: {} });
  const other = await Server.start({ adapter_set: [own] });
  const old = await MetadataAdapter.start(own.metadata_adapter.request_reply_port);
  const feed = await DataAdapter.start(own.data_adapter[0].request_reply_port);
  const socket = await TlcpSocket.session(other.port);
  assert.match(await socket.subscribe(1, 'x', 'size', '&LS_selector=big'), /^REQERR,a1,25,/);
  assert.match(await socket.subscribe(2, 'x', 'size'), /^SUBOK,2,/);
  assert.deepEqual(old.all('GSL'), []);
  socket.terminate();
  for (const one of [old, feed]) one.kill();
  await other.stop();
});

test('the counters tell what it kept back, and lose nothing', async () => {
  const own = await adapterSet({ overGrpc: true, metadata: {} });
  const other = await Server.start({ adapter_set: [own] });
  const teller = await MetadataAdapter.start(own.metadata_adapter.request_reply_port, { hello: { features: ['selectors'] }, answers: { ...answers, NNT: () => 'B|0|B|1' } });
  const feed = await DataAdapter.start(own.data_adapter[0].request_reply_port);
  const socket = await TlcpSocket.session(other.port);
  await socket.subscribe(1, 'x', 'size', '&LS_selector=big', 'RAW');
  await feed.subscribed('x');
  feed.burst(() => {
    for (let size = 1; size <= 12; ++size) feed.update('x', { size });
  });
  await socket.next('U,1,1,12');
  socket.control('LS_reqId=2&LS_op=delete&LS_subId=1');
  await teller.seen('NTC');
  const { table } = teller.requests.find(({ kind }) => kind === 'notify_table_close').notify_table_close;
  assert.equal(table.selector, 'big');
  assert.deepEqual(table.statistics, [{ real_time: '3', lost: '0', filtered: '0', unselected: '9' }]);
  socket.terminate();
  for (const one of [teller, feed]) one.kill();
  await other.stop();
  assert.match(other.log, /session closed.*updates=3 filtered=0 lost=0 unselected=9/);
  const { updates, filtered, lost, unchanged, unselected } = totalsOf(other.log);
  assert.deepEqual({ updates, filtered, lost, unchanged, unselected }, { updates: 3, filtered: 0, lost: 0, unchanged: 0, unselected: 9 });
});

test('a provider made with the SDK', async () => {
  const own = await adapterSet({ overGrpc: true, metadata: {} });
  const other = await Server.start({ adapter_set: [own] });
  const adapter = closeLater(spawn(kControlAdapter, [endpointOf(own.metadata_adapter.request_reply_port, true)], { stdio: ['pipe', 'pipe', 'inherit'] }), (one) => one.kill());
  const feed = await DataAdapter.start(own.data_adapter[0].request_reply_port);
  const socket = await TlcpSocket.session(other.port);
  assert.match(await socket.subscribe(1, 'x', 'size', '&LS_selector=size%3E2.5'), /^SUBOK,1,/);
  assert.match(await socket.subscribe(2, 'x', 'size', '&LS_selector=size'), /^REQERR,a2,25,/);
  await feed.subscribed('x');
  for (const size of ['2', '3']) feed.update('x', { size });
  await socket.next('U,1,1,3');
  assert.equal(socket.count('U,1,1,2'), 0);
  socket.terminate();
  adapter.stdin.end();
  await until('the end of the adapter', () => adapter.exitCode !== null);
  assert.equal(adapter.exitCode, 0);
  feed.kill();
  await other.stop();
});

test('without a selector: other items and fields for one user than for another', async () => {
  const own = await adapterSet({ overGrpc: true, metadata: {} });
  const other = await Server.start({ adapter_set: [own] });
  const kPoor = { bid: 'bid_delayed', depth: 'none' }; // a field that no item has is null for ever
  const words = (text) => text.split(' ');
  const list = (names) => names.map((name) => `S|${name}`).join('|');
  const chooser = await MetadataAdapter.start(own.metadata_adapter.request_reply_port, {
    answers: {
      GIS: ([user, group]) => list(words(group).map((item) => (user === 'poor' && item === 'news' ? 'headlines' : item))),
      GSC: ([user, , schema]) => list(words(schema).map((field) => (user === 'poor' ? kPoor[field] ?? field : field))),
    },
  });
  const feed = await DataAdapter.start(own.data_adapter[0].request_reply_port, {
    snapshots: { stock: { bid: '10', bid_delayed: '9', depth: '5@9.9', last: '10' }, news: { last: 'all of it' }, headlines: { last: 'in short' } },
  });
  const seen = {};
  for (const user of ['rich', 'poor']) {
    const one = await Client.connected(other.url, { user });
    seen[user] = one.subscribe(['stock', 'news'], ['bid', 'depth', 'last']);
    await until('both items', () => seen[user].of('stock').length === 1 && seen[user].of('news').length === 1);
  }
  assert.deepEqual(seen.rich.last('stock'), { bid: '10', depth: '5@9.9', last: '10' });
  assert.deepEqual(seen.poor.last('stock'), { bid: '9', depth: null, last: '10' });
  assert.deepEqual([seen.rich.last('news').last, seen.poor.last('news').last], ['all of it', 'in short']);
  // No difference of what they see comes by what they do not.
  feed.update('stock', { bid: '11', depth: '5@10.9' });
  await seen.rich.shows('stock', { bid: '11', depth: '5@10.9' });
  await never('an update for the other', () => seen.poor.of('stock').length > 1, 300);
  feed.update('stock', { bid_delayed: '10' });
  await seen.poor.shows('stock', { bid: '10', depth: null });
  assert.equal(seen.rich.of('stock').length, 2);
  for (const one of [chooser, feed]) one.kill();
  await other.stop();
});
