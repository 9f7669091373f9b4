// SPDX-License-Identifier: Apache-2.0
// `status_item`: the proxy itself tells clients whether its remote adapter is there.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/adapters.mjs';
import { Client } from './lib/client.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kItem = 'feed_status';
let server;
let set;
let port;
const adapters = [];

async function serve(options = {}) {
  set = await adapterSet({ each: { status_item: kItem, events_recovery: 'leave_hole' }, ...options });
  port = set.data_adapter[0].request_reply_port;
  server = await Server.start({ adapter_set: [set] });
}
async function dataAdapter(options) {
  const adapter = await DataAdapter.start(port, options);
  adapters.push(adapter);
  return adapter;
}
afterEach(async () => {
  adapters.splice(0).forEach((adapter) => adapter.kill());
  await server.stop();
});

test('connecting, connected, reconnecting, in MERGE and RAW, and never asked of the adapter', async () => {
  await serve();
  const client = await Client.connected(server.url);
  const merge = await client.subscribe([kItem, 'x'], ['status', 'a']).active();
  await merge.shows(kItem, { status: 'connecting' });
  assert.ok(merge.updates[0].snapshot);
  const raw = await client.subscribe([kItem], ['status'], { mode: 'RAW' }).active();
  const first = await dataAdapter({ snapshots: { '*': { a: '1' } } });
  await merge.shows(kItem, { status: 'connected' });
  first.kill();
  await merge.shows(kItem, { status: 'reconnecting' });
  const late = await client.subscribe([kItem], ['status']).active();
  await late.shows(kItem, { status: 'reconnecting' });
  assert.ok(late.updates[0].snapshot);
  const second = await dataAdapter({ snapshots: { '*': { a: '2' } } });
  await merge.shows(kItem, { status: 'connected' });
  await raw.lists(kItem, 'status', ['connected', 'reconnecting', 'connected']);
  assert.deepEqual(first.log, ['SUB x']);
  await second.subscribed('x');
  client.unsubscribe(merge);
  await until('USB', () => second.count('USB x') === 1);
  client.unsubscribe(raw);
  client.unsubscribe(late);
  await late.ended();
  const again = await client.subscribe([kItem], ['status']).active();
  await again.shows(kItem, { status: 'connected' });
  assert.deepEqual(second.log, ['SUB x', 'USB x']);
  client.disconnect();
});

test('a takeover by a standby does not show', async () => {
  await serve();
  const active = await dataAdapter({ snapshots: { '*': { a: '1' } } });
  await until('an active one', () => server.log.includes('remote adapter active'));
  const standby = await dataAdapter({ snapshots: { '*': { a: '2' } } });
  await until('a standby', () => server.log.includes('remote adapter stands by'));
  const client = await Client.connected(server.url);
  const status = await client.subscribe([kItem], ['status']).active();
  await status.shows(kItem, { status: 'connected' });
  const record = await client.subscribe(['x'], ['a']).active();
  await record.shows('x', { a: '1' });
  active.kill();
  await standby.subscribed('x');
  standby.update('x', { a: 'live' });
  await record.shows('x', { a: 'live' });
  assert.deepEqual(status.list(kItem, 'status'), ['connected']);
  client.disconnect();
});

test('the Metadata Adapter is asked about it as about any item', async () => {
  await serve({ metadata: {} });
  const answers = { GIT: (items) => items.map((item) => (item === kItem ? 'I|0|D|0|M|M' : 'I|0|D|0|M|RMDC')).join('|') };
  const metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port, { answers });
  adapters.push(metadata);
  const client = await Client.connected(server.url);
  const refused = client.subscribe([kItem], ['status'], { mode: 'DISTINCT' });
  assert.equal((await refused.failed()).code, 24);
  const record = await client.subscribe([kItem], ['status']).active();
  await record.shows(kItem, { status: 'connecting' });
  await metadata.seen('GIT', ([item]) => item === kItem);
  client.disconnect();
});
