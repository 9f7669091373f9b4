// SPDX-License-Identifier: Apache-2.0
// What the server counts, as it tells it at its stop: that each counter counts what happened.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { Client } from './lib/client.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { totalsOf } from './lib/totals.mjs';
import { until } from './lib/wait.mjs';

// Runs `act({ server, adapter, client })` on a server of its own; gives the totals of all shards.
async function totals(act, { delivery, policy, shards = 1, snapshots = { '*': { n: '0' } } } = {}) {
  const set = { ...(await adapterSet()), policy };
  const server = await Server.start({ adapter_set: [set], server: { shards }, delivery });
  const adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots });
  const client = await Client.connected(server.url, { transport: 'WS-STREAMING' });
  await act({ server, adapter, client });
  client.disconnect();
  adapter.kill();
  await server.stop();
  const lines = server.log.split('\n').filter((line) => line.includes('shard totals'));
  assert.equal(lines.length, shards);
  return totalsOf(server.log);
}

const picked = (counted, ...names) => Object.fromEntries(names.map((name) => [name, counted[name]]));
const unfiltered = (subscription) => subscription.setRequestedMaxFrequency('unfiltered');
const count = (n, act) => Array.from({ length: n }, (_, i) => act(String(i + 1)));

test('events, updates, snapshot: an item, a snapshot, ten events, two clients', async () => {
  const counted = await totals(async ({ server, adapter, client }) => {
    const first = await client.subscribe(['x'], ['n'], { configure: unfiltered }).active();
    await first.shows('x', { n: '0' });
    const other = await Client.connected(server.url);
    const second = await other.subscribe(['x'], ['n'], { configure: unfiltered }).active();
    await second.shows('x', { n: '0' });
    adapter.burst(() => count(10, (n) => adapter.update('x', { n })));
    await first.lists('x', 'n', ['0', ...count(10, (n) => n)]);
    await second.lists('x', 'n', ['0', ...count(10, (n) => n)]);
    other.disconnect();
  });
  // The adapter's: a snapshot, its end, ten updates. To the first client the snapshot was an event.
  const wanted = { events: 12, updates: 22, snapshot: 1, filtered: 0, lost: 0, unchanged: 0 };
  assert.deepEqual(picked(counted, ...Object.keys(wanted)), wanted);
});

test('filtered: what a slow subscriber is not told', async () => {
  let told;
  const counted = await totals(async ({ adapter, client }) => {
    const record = await client.subscribe(['x'], ['n'], { configure: (subscription) => subscription.setRequestedMaxFrequency(5) }).active();
    await record.shows('x', { n: '0' });
    adapter.burst(() => count(100, (n) => adapter.update('x', { n })));
    await record.shows('x', { n: '100' });
    told = record.updates.length;
  });
  assert.deepEqual(picked(counted, 'updates', 'snapshot', 'filtered', 'lost'), { updates: told, snapshot: 0, filtered: 101 - told, lost: 0 });
  assert.ok(counted.filtered > 90, `${counted.filtered}`);
});

test('filtered: what a buffer of DISTINCT drops', async () => {
  const configure = (subscription) => {
    subscription.setRequestedMaxFrequency(5);
    subscription.setRequestedBufferSize('3');
  };
  let told;
  const counted = await totals(async ({ adapter, client }) => {
    const record = await client.subscribe(['x'], ['n'], { mode: 'DISTINCT', configure }).active();
    await until('the end of the snapshot', () => record.ends('x') === 1);
    adapter.burst(() => count(50, (n) => adapter.update('x', { n })));
    await record.shows('x', { n: '50' });
    told = record.updates.length;
  });
  assert.deepEqual(picked(counted, 'updates', 'snapshot', 'filtered', 'lost'), { updates: told, snapshot: 1, filtered: 51 - told, lost: 0 });
});

test('lost: what the client was told it lost', async () => {
  let told;
  const counted = await totals(async ({ server, adapter }) => {
    const socket = await TlcpSocket.session(server.port);
    await socket.subscribe(1, 'x', 'n filler', '', 'RAW');
    const witness = await TlcpSocket.session(server.port);
    await witness.subscribe(1, 'x', 'n', '', 'RAW');
    await adapter.subscribed('x');
    socket.raw.pause();
    const filler = 'x'.repeat(16000);
    count(300, (n) => adapter.update('x', { n, filler: filler + n }));
    await witness.next('U,1,1,300');
    socket.raw.resume();
    await socket.next(/^U,1,1,300\|/);
    const sum = (one) => one.all.filter((line) => line.startsWith('OV,')).reduce((all, line) => all + Number(line.split(',')[3]), 0);
    told = { lost: sum(socket) + sum(witness), updates: socket.count('U') + witness.count('U'), snapshot: 0, filtered: 0 };
    for (const one of [socket, witness]) one.terminate();
  }, { delivery: { buffer_max_events: 20, send_backlog_bytes: 4096 } });
  assert.ok(told.lost > 0);
  assert.equal(told.lost + told.updates, 600);
  assert.deepEqual(picked(counted, 'lost', 'updates', 'snapshot', 'filtered'), told);
});

test('each session: what it was told, what was filtered, what it lost, in its last line', async () => {
  let log;
  const words = {};
  const counted = await totals(async ({ server, adapter, client }) => {
    const slow = await Client.connected(server.url);
    const record = await slow.subscribe(['x'], ['n'], { configure: (subscription) => subscription.setRequestedMaxFrequency(2) }).active();
    const every = await client.subscribe(['x'], ['n'], { configure: unfiltered }).active();
    const raw = await TlcpSocket.session(server.port);
    await raw.subscribe(1, 'x', 'n filler', '', 'RAW');
    for (const one of [record, every]) await one.shows('x', { n: '0' });
    raw.raw.pause();
    count(300, (n) => adapter.update('x', { n, filler: 'x'.repeat(16000) + n }));
    for (const one of [record, every]) await one.shows('x', { n: '300' });
    raw.raw.resume();
    await raw.next(/^U,1,1,300\|/);
    const lost = raw.all.filter((line) => line.startsWith('OV,')).reduce((all, line) => all + Number(line.split(',')[3]), 0);
    assert.ok(lost > 0 && every.lost === 0);
    words[slow.sessionId] = { updates: record.updates.length, filtered: 301 - record.updates.length, lost: 0 };
    words[client.sessionId] = { updates: 301, filtered: 0, lost: 0 };
    words[raw.sessionId] = { updates: raw.count('U'), filtered: 0, lost };
    slow.disconnect();
    raw.control('LS_reqId=9&LS_op=destroy');
    await raw.next('END');
    raw.terminate();
    log = () => server.log;
  }, { delivery: { buffer_max_events: 500, send_backlog_bytes: 4096, buffer_max_bytes: 1024 * 1024 } });
  for (const [id, word] of Object.entries(words)) {
    const line = log().split('\n').find((one) => one.includes('session closed') && one.includes(`session=${id}`));
    const said = Object.fromEntries([...line.matchAll(/(updates|filtered|lost)=(\d+)/g)].map(([, name, value]) => [name, Number(value)]));
    assert.deepEqual(said, word, line);
  }
  const sum = (name) => Object.values(words).reduce((all, word) => all + word[name], 0);
  assert.deepEqual(picked(counted, 'updates', 'filtered', 'lost'), { updates: sum('updates'), filtered: sum('filtered'), lost: sum('lost') });
});

test('unchanged, events_no_change: changes of what nobody asked for, and none at all', async () => {
  const counted = await totals(async ({ adapter, client }) => {
    const record = await client.subscribe(['x'], ['n'], { configure: unfiltered }).active();
    await record.shows('x', { n: '0' });
    count(7, (other) => adapter.update('x', { other }));
    count(5, () => adapter.update('x', { other: '7' }));
    adapter.update('x', { n: '1' });
    await record.shows('x', { n: '1' });
  });
  assert.deepEqual(picked(counted, 'updates', 'unchanged', 'events_no_change', 'filtered'), { updates: 2, unchanged: 7, events_no_change: 5, filtered: 0 });
});

test('events_invalid: COMMAND without a key or a command', async () => {
  const counted = await totals(async ({ adapter, client }) => {
    const record = await client.subscribe(['x'], ['key', 'command'], { mode: 'COMMAND' }).active();
    await until('the end of the snapshot', () => record.ends('x') === 1);
    adapter.update('x', { key: 'k' });
    adapter.update('x', { command: 'ADD' });
    adapter.update('x', { key: 'k', command: 'FLY' });
    adapter.update('x', { key: null, command: 'ADD' });
    adapter.row('x', 'ADD', 'k');
    await record.shows('x', { key: 'k' });
    assert.equal(record.updates.length, 1);
  }, { snapshots: {} });
  assert.deepEqual(picked(counted, 'events', 'events_invalid', 'updates'), { events: 6, events_invalid: 4, updates: 1 });
});

test('events_prefiltered: what is thinned before anybody sees it', async () => {
  let told;
  const counted = await totals(async ({ adapter, client }) => {
    const record = await client.subscribe(['x'], ['n'], { mode: 'DISTINCT' }).active();
    await until('the end of the snapshot', () => record.ends('x') === 1);
    adapter.burst(() => count(60, (n) => adapter.update('x', { n })));
    await record.shows('x', { n: '60' });
    told = record.updates.length;
  }, { policy: { prefilter_frequency: 5 }, snapshots: {} });
  // The first goes at once, the last when its time has come; more if the burst took long.
  assert.ok(counted.events_prefiltered >= 55 && counted.events_prefiltered < 60, `${counted.events_prefiltered}`);
  assert.deepEqual(picked(counted, 'updates', 'filtered', 'lost'), { updates: told, filtered: 0, lost: 0 });
});

test('items_refused: each subscriber of a mode that the item cannot have now', async () => {
  const counted = await totals(async ({ client }) => {
    await client.subscribe(['x', 'y'], ['n']).active();
    for (const item of ['x', 'y', 'x']) assert.equal((await client.subscribe([item], ['n'], { mode: 'DISTINCT' }).failed()).code, 24);
    await client.subscribe(['x'], ['n'], { mode: 'RAW' }).active();
  }, { shards: 2 });
  assert.equal(counted.items_refused, 3);
});

test('items_lingered: each item that was wanted again in time', async () => {
  const counted = await totals(async ({ server, adapter, client }) => {
    const first = await Client.connected(server.url);
    const record = await first.subscribe(['x', 'y', 'z'], ['n']).active();
    for (const item of ['x', 'y', 'z']) await record.shows(item, { n: '0' });
    const id = first.sessionId;
    first.disconnect();
    await until('the end of the session', () => new RegExp(`session=${id}.*closed|closed.*session=${id}`).test(server.log));
    const again = await client.subscribe(['x', 'y', 'w'], ['n']).active();
    for (const item of ['x', 'y', 'w']) await again.shows(item, { n: '0' });
    assert.equal(adapter.log.length, 4);
  }, { shards: 2, delivery: { item_linger_millis: 600000 } });
  assert.equal(counted.items_lingered, 2);
});

test('all events that subscribers were offered are sent, filtered, lost or unchanged', async () => {
  const counted = await totals(async ({ adapter, client }) => {
    const slow = (subscription) => subscription.setRequestedMaxFrequency(20);
    const merge = await client.subscribe(['m'], ['n'], { snapshot: 'no', configure: slow }).active();
    const distinct = await client.subscribe(['d'], ['n'], { snapshot: 'no', mode: 'DISTINCT' }).active();
    const raw = await client.subscribe(['r'], ['n'], { mode: 'RAW' }).active();
    const command = await client.subscribe(['c'], ['key', 'command', 'n'], { snapshot: 'no', mode: 'COMMAND', configure: slow }).active();
    for (const item of ['m', 'd', 'r', 'c']) await adapter.subscribed(item);
    count(100, (n) => {
      for (const item of ['m', 'd', 'r']) adapter.update(item, { n });
      adapter.row('c', 'UPDATE', `k${n % 5}`, { n });
    });
    for (const [item, record] of Object.entries({ m: merge, d: distinct, r: raw })) await record.shows(item, { n: '100' });
    const value = (key) => command.subscription.getCommandValue('c', key, 'n');
    await until('all rows', () => [96, 97, 98, 99, 100].every((n) => value(`k${n % 5}`) === String(n)));
  }, { snapshots: {} });
  assert.equal(counted.updates - counted.snapshot + counted.filtered + counted.lost + counted.unchanged, 400);
  assert.ok(counted.filtered > 0);
});

test('controls_refused, diff_declarations: what an adapter did not grant, and what it declared', async () => {
  let log;
  const counted = await totals(async ({ server, adapter, client }) => {
    log = () => server.log;
    for (const item of ['x', 'y']) assert.equal((await client.subscribe([item], ['n'], { configure: unfiltered }).failed()).code, 26);
    const record = await client.subscribe(['z'], ['n']).active();
    await adapter.subscribed('z');
    adapter.diffs('z', { n: 'J' });
    adapter.update('z', { n: '1' });
    await record.shows('z', { n: '1' });
  }, { policy: { max_frequency: 100 }, snapshots: {} });
  assert.equal(counted.controls_refused, 2);
  assert.match(log(), /proxy totals.* diff_declarations=1\b/);
});
