// SPDX-License-Identifier: Apache-2.0
// One adapter process, made with the C++ SDK, on one or two real servers: the provider sees one
// world, a server that comes later has all of it, and one that stands still delays nobody.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { Client } from './lib/client.mjs';
import { CommandedAdapter } from './lib/commanded_adapter.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { never, until } from './lib/wait.mjs';

const kPad = 20000; // bytes of an update of a flood
const kMaxQueued = 1 << 20;

let adapter;
let nodes = []; // { server, port }

async function serve(count) {
  for (let i = 0; i < count; ++i) {
    const set = await adapterSet();
    const server = await Server.start({ adapter_set: [set] });
    nodes.push({ server, port: set.data_adapter[0].request_reply_port });
  }
  return nodes;
}
const startAdapter = async (options) => (adapter = await CommandedAdapter.start(nodes.map(({ port }) => port), options));

// A client of a server, subscribed to an item that the adapter has when it returns.
async function watch({ server }, item, fields, options) {
  const client = await Client.connected(server.url, { transport: 'WS-STREAMING' });
  const record = await client.subscribe([item], fields, options).active();
  return { client, record };
}

afterEach(async () => {
  for (const { server } of nodes) server.signal('SIGCONT');
  await adapter?.stop();
  for (const { server } of nodes) await server.stop();
  nodes = [];
  adapter = null;
});

test('the provider has an item as long as either server wants it; the later one gets its values', async () => {
  const [one, two] = await serve(2);
  await startAdapter();
  const first = await watch(one, 'price', ['a', 'b']);
  await adapter.says('sub price');
  adapter.update('price', { a: '1', b: '1' }, 'snapshot');
  adapter.tell('eos', 'price');
  adapter.update('price', { b: '2' });
  await first.record.shows('price', { a: '1', b: '2' });

  const second = await watch(two, 'price', ['a', 'b']);
  await second.record.shows('price', { a: '1', b: '2' });
  assert.equal(second.record.of('price')[0].snapshot, true);
  adapter.update('price', { a: '3' });
  for (const { record } of [first, second]) await record.shows('price', { a: '3', b: '2' });

  first.client.disconnect();
  await never('an unsubscription while a server has the item', () => adapter.count('usb price') > 0, 200);
  adapter.update('price', { a: '4' });
  await second.record.shows('price', { a: '4' });
  second.client.disconnect();
  await adapter.says('usb price');
  assert.equal(adapter.count('sub price'), 1);
  assert.equal(adapter.count('init'), 1);
});

test('a later server gets the rows of a COMMAND item and the last events of a DISTINCT item', async () => {
  const [one, two] = await serve(2);
  await startAdapter();
  const rows = await watch(one, 'rows', ['key', 'command', 'v'], { mode: 'COMMAND' });
  const news = await watch(one, 'distinct', ['n'], { mode: 'DISTINCT' });
  await adapter.says('sub rows');
  await adapter.says('sub distinct');
  for (const key of ['k1', 'k2', 'k3']) adapter.update('rows', { key, command: 'ADD', v: key }, 'snapshot');
  adapter.tell('eos', 'rows');
  adapter.update('rows', { key: 'k2', command: 'DELETE' });
  adapter.update('rows', { key: 'k3', command: 'UPDATE', v: 'new' });
  adapter.tell('eos', 'distinct');
  for (const n of ['1', '2', '3']) adapter.update('distinct', { n });
  await news.record.lists('distinct', 'n', ['1', '2', '3']);
  await until('the last row', () => rows.record.last('rows')?.v === 'new');

  const laterRows = await watch(two, 'rows', ['key', 'command', 'v'], { mode: 'COMMAND' });
  const laterNews = await watch(two, 'distinct', ['n'], { mode: 'DISTINCT' });
  await laterNews.record.lists('distinct', 'n', ['1', '2', '3']);
  await until('the end of the snapshot', () => laterRows.record.ends('rows') === 1);
  assert.deepEqual(laterRows.record.of('rows').map(({ values }) => `${values.command} ${values.key} ${values.v}`), ['ADD k1 k1', 'ADD k3 new']);
  assert.ok([...laterRows.record.updates, ...laterNews.record.updates].every(({ snapshot }) => snapshot));
  assert.equal(adapter.count('sub rows') + adapter.count('sub distinct'), 2);
  for (const { client } of [rows, news, laterRows, laterNews]) client.disconnect();
});

test('a server that stands still delays neither the other nor the provider, and then catches up', async () => {
  const [still, other] = await serve(2);
  await startAdapter({ maxQueued: kMaxQueued });
  const behind = await watch(still, 'price', ['n']);
  const live = await watch(other, 'price', ['n']);
  await adapter.says('sub price');
  adapter.tell('eos', 'price');
  still.server.signal('SIGSTOP');
  adapter.tell('flood', 'price', 2000, kPad);
  const [, , taken, refused] = await adapter.says('flooded price');
  assert.deepEqual([taken, refused], ['2000', '0']);
  await live.record.shows('price', { n: '2000' });
  const missed = await adapter.counters(still.port);
  assert.ok(missed.conflated > 0, JSON.stringify(missed));
  assert.equal(missed.events + missed.conflated, 2001);
  assert.ok(missed.queued <= kMaxQueued + kPad + 1000, JSON.stringify(missed));

  still.server.signal('SIGCONT');
  await behind.record.shows('price', { n: '2000' });
  assert.ok((await adapter.counters(still.port)).resyncs > 0);
  adapter.update('price', { n: 'live' });
  for (const { record, client } of [behind, live]) {
    await record.shows('price', { n: 'live' });
    client.disconnect();
  }
});

test('policy block: the provider waits for a server that stands still, and every event is sent', async () => {
  const [still] = await serve(1);
  await startAdapter({ maxQueued: kMaxQueued });
  const watching = await watch(still, 'price', ['n']);
  await adapter.says('sub price');
  still.server.signal('SIGSTOP');
  adapter.tell('flood', 'price', 2000, kPad);
  await never('the end of a flood to nowhere', () => adapter.said.some((line) => line.startsWith('flooded')), 500);
  still.server.signal('SIGCONT');
  const [, , taken, refused] = await adapter.says('flooded price', 30000);
  assert.deepEqual([taken, refused], ['2000', '0']);
  await watching.record.shows('price', { n: '2000' });
  const all = await adapter.counters(still.port);
  assert.equal(all.events, 2000);
  assert.equal(all.conflated + all.lost, 0);
  watching.client.disconnect();
});

test('policy refuse: the provider is told what was not taken', async () => {
  const [still] = await serve(1);
  await startAdapter({ policy: 'refuse', maxQueued: kMaxQueued });
  const watching = await watch(still, 'price', ['n']);
  await adapter.says('sub price');
  still.server.signal('SIGSTOP');
  adapter.tell('flood', 'price', 2000, kPad);
  const [, , taken, refused] = await adapter.says('flooded price');
  assert.ok(Number(refused) > 0);
  assert.equal(Number(taken) + Number(refused), 2000);
  assert.equal((await adapter.counters(still.port)).events, Number(taken));
  still.server.signal('SIGCONT');
  await until('room', async () => (await adapter.counters(still.port)).queued === 0);
  adapter.update('price', { n: 'after' });
  await watching.record.shows('price', { n: 'after' });
  watching.client.disconnect();
});

test('policy conflate: the provider never waits, and the newest values arrive', async () => {
  const [still] = await serve(1);
  await startAdapter({ policy: 'conflate', maxQueued: kMaxQueued });
  const watching = await watch(still, 'price', ['n']);
  await adapter.says('sub price');
  still.server.signal('SIGSTOP');
  adapter.tell('flood', 'price', 2000, kPad);
  const [, , taken, refused] = await adapter.says('flooded price');
  assert.deepEqual([taken, refused], ['2000', '0']);
  const full = await adapter.counters(still.port);
  assert.ok(full.conflated > 0, JSON.stringify(full));
  assert.equal(full.events + full.conflated, 2000);
  still.server.signal('SIGCONT');
  await watching.record.shows('price', { n: '2000' });
  watching.client.disconnect();
});
