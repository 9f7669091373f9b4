// SPDX-License-Identifier: Apache-2.0
// A16: the official SDK for Node, as npm has it, in processes of its own. node_kit.test.mjs beside
// this folder has more of it: messages, users, transports.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { Client } from '../lib/client.mjs';
import { NodeAdapter } from '../lib/node_adapter.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { never, until } from '../lib/wait.mjs';

const kCredentials = { user: 'node', password: 'se cret|ü' };
const kRows = [{ key: 'k1', command: 'ADD', qty: '1' }, { key: 'k2', command: 'ADD', qty: '2' }];
const kSnapshots = {
  merged: { qty: '1', none: null, text: 'ü|%+ #' },
  distinct: [{ qty: '1' }, { qty: '2' }],
  rows: kRows,
  ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`stock${i}`, { qty: `${i}` }])),
};

let server;
let set;
let adapters = [];

async function serve(options = {}) {
  const auth = { auth: true, credentials: [kCredentials] };
  set = await adapterSet({ metadata: auth, data: [{ name: 'STOCKLIST', notify_port: true, ...auth }], ...options });
  server = await Server.start({ adapter_set: [set] });
}
const ports = (kind) => (kind === 'data' ? { request: set.data_adapter[0].request_reply_port, notify: set.data_adapter[0].notify_port } : { request: set.metadata_adapter.request_reply_port });
async function adapter(kind, options = {}) {
  const one = await NodeAdapter.start(kind, ports(kind), { snapshots: kSnapshots, credentials: kCredentials, ...options });
  adapters.push(one);
  return one;
}
afterEach(async () => {
  await Promise.all(adapters.map((one) => one.kill()));
  adapters = [];
  await server.stop();
});

test('A16: Node SDK of npm: a table of eight items, from NNT to NTC', async () => {
  await serve();
  const metadata = await adapter('metadata');
  const data = await adapter('data');
  const items = Object.keys(kSnapshots).filter((item) => item.startsWith('stock'));
  const client = await Client.connected(server.url, { user: 'us er+ü' });
  const record = await client.subscribe(items, ['qty'], { adapter: 'STOCKLIST' }).active();
  for (const item of items) await record.shows(item, kSnapshots[item]);
  await metadata.seen('newTables', items.join(' '));
  client.unsubscribe(record);
  await record.ended();
  await metadata.seen('tablesClose', items.join(' '));
  for (const item of items) await data.seen('unsubscribe', item);
  assert.equal(await client.send('still there?').outcome(), 'processed ');
  const id = client.sessionId;
  client.disconnect();
  await metadata.seen('sessionClose', id);
  assert.deepEqual([metadata.count('closed'), data.count('closed')], [0, 0]);
});

test('A16: Node SDK of npm: items in each mode, with and without snapshot', async () => {
  await serve();
  await adapter('metadata');
  const data = await adapter('data');
  const client = await Client.connected(server.url);
  const open = (mode, item, fields) => client.subscribe([item], fields, { mode, adapter: 'STOCKLIST' }).active();
  const merged = await open('MERGE', 'merged', ['qty', 'none', 'text']);
  const distinct = await open('DISTINCT', 'distinct', ['qty']);
  const rows = await open('COMMAND', 'rows', ['key', 'command', 'qty']);
  const raw = await open('RAW', 'events', ['qty']);
  await data.seen('subscribe', 'events');
  await merged.shows('merged', kSnapshots.merged);
  await distinct.lists('distinct', 'qty', ['1', '2']);
  await rows.lists('rows', 'qty', ['1', '2']);
  assert.deepEqual([distinct.ends('distinct'), rows.ends('rows')], [1, 1]);

  data.update('merged', { qty: '5' });
  data.update('distinct', { qty: '5' });
  data.update('rows', { key: 'k1', command: 'UPDATE', qty: '5' });
  data.update('rows', { key: 'k2', command: 'DELETE' });
  data.update('events', { qty: '5' });
  await merged.shows('merged', { qty: '5', text: kSnapshots.merged.text });
  await distinct.lists('distinct', 'qty', ['1', '2', '5']);
  await rows.shows('rows', { key: 'k2', command: 'DELETE' });
  await raw.lists('events', 'qty', ['5']);
  data.clear('merged');
  data.clear('distinct');
  data.clear('rows');
  await merged.shows('merged', { qty: null, none: null, text: null });
  await until('the clears', () => distinct.clears('distinct') === 1 && rows.clears('rows') === 1);
  client.disconnect();
});

test('A6, A16: Node SDK of npm: credentials that are wrong, or half of them, are refused with CLOSE', async () => {
  await serve();
  for (const kind of ['metadata', 'data']) {
    for (const credentials of [{ user: 'node', password: 'no' }, { user: 'node' }, undefined]) {
      const one = await NodeAdapter.start(kind, ports(kind), { credentials, wait: false });
      adapters.push(one);
      await one.seen('error', 'Close requested by the counterpart with reason: wrong credentials');
      assert.equal(one.count('init'), 0);
    }
    await adapter(kind);
  }
  (await Client.connected(server.url)).disconnect();
});

test('A15, A16: Node SDK of npm: its keepalives keep idle connections open, as often as the server asks', async () => {
  await serve({ each: { keepalive_timeout_millis: 5000 }, metadata: { keepalive_timeout_millis: 5000 }, data: [{ name: 'STOCKLIST', notify_port: true }] });
  const both = [await adapter('metadata'), await adapter('data')];
  await never('a lost connection', () => both.some((one) => one.count('closed') > 0), 9000);
});

test('A16: Node SDK of npm: it is told why it is cut off, and dials again when the server is back', async () => {
  await serve();
  const both = [await adapter('metadata', { again: true }), await adapter('data', { again: true })];
  const settings = { listener: [{ port: server.port }], adapter_set: [set] };
  await server.stop();
  for (const one of both) {
    const [, why] = await one.seen('error');
    assert.match(why, /^Close requested by the counterpart with reason: ./);
    await one.seen('closed');
  }
  server = await Server.start(settings);
  for (const one of both) await until('a second init', () => one.count('init') === 2);
  await until('the server to have read both answers', () => server.log.match(/remote adapter active/g)?.length === 2);
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['merged'], ['qty'], { adapter: 'STOCKLIST' }).active();
  await record.shows('merged', { qty: '1' });
  both[1].update('merged', { qty: '7' });
  await record.shows('merged', { qty: '7' });
  client.disconnect();
});
