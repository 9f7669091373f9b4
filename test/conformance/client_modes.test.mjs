// SPDX-License-Identifier: Apache-2.0
// What the official client makes of each mode: snapshots, rates, buffers, losses.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/adapters.mjs';
import { Client, kTransports } from './lib/client.mjs';
import { startProxy } from './lib/refusing_proxy.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kBuffer = 20; // of the server `small`
let server;
let small;
let adapter;
let smallAdapter;
let client;

const numbers = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
const texts = (count, prefix) => numbers(1, count).map((n) => ({ n: `${prefix}${n}` }));

before(async () => {
  const set = await adapterSet();
  const smallSet = { ...(await adapterSet()), policy: { distinct_snapshot_length: 5 } };
  server = await Server.start({ adapter_set: [set], server: { shards: 2 } });
  small = await Server.start({
    adapter_set: [smallSet],
    server: { shards: 1 },
    delivery: { buffer_max_events: kBuffer, send_backlog_bytes: 4096 },
  });
  adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port);
  smallAdapter = await DataAdapter.start(smallSet.data_adapter[0].request_reply_port);
  client = await Client.connected(server.url, { transport: 'WS-STREAMING' });
});
after(async () => {
  client?.disconnect();
  adapter?.kill();
  smallAdapter?.kill();
  await server?.stop();
  await small?.stop();
});

// An active subscription of one item that the adapter knows of. The snapshot of COMMAND is the rows
// as they are when it is sent: what follows is to come behind it.
async function active(item, fields, options, by = client, on = adapter) {
  const record = await by.subscribe([item], fields, options).active();
  await on.subscribed(item);
  if (options.mode === 'COMMAND' && options.snapshot !== 'no') await until('the end of the snapshot', () => record.ends(item) === 1);
  return record;
}

for (const transport of kTransports.slice(0, 4)) {
  test(`${transport}: each mode with its snapshot and its updates`, async () => {
    const name = (mode) => `${mode}-${transport}`;
    adapter.snapshots.set(name('MERGE'), { a: 's', b: 't' });
    adapter.snapshots.set(name('DISTINCT'), texts(3, 's'));
    adapter.snapshots.set(name('RAW'), { n: 'no snapshot in this mode' });
    adapter.snapshots.set(name('COMMAND'), [
      { key: 'k1', command: 'ADD', v: '1' },
      { key: 'k2', command: 'ADD', v: '2' },
    ]);
    const mine = await Client.connected(server.url, { transport });
    const merge = await active(name('MERGE'), ['a', 'b'], {}, mine);
    const distinct = await active(name('DISTINCT'), ['n'], { mode: 'DISTINCT' }, mine);
    const command = await active(name('COMMAND'), ['key', 'command', 'v'], { mode: 'COMMAND' }, mine);
    const raw = await active(name('RAW'), ['n'], { mode: 'RAW' }, mine);

    await merge.shows(name('MERGE'), { a: 's', b: 't' });
    adapter.update(name('MERGE'), { b: 'u' });
    await merge.shows(name('MERGE'), { a: 's', b: 'u' });
    assert.deepEqual(merge.updates.map((one) => one.snapshot), [true, false]);
    assert.equal(merge.ends(name('MERGE')), 0);

    for (const n of ['1', '2', '2']) adapter.update(name('DISTINCT'), { n });
    await distinct.lists(name('DISTINCT'), 'n', ['s1', 's2', 's3', '1', '2', '2']);
    assert.deepEqual(distinct.all.map((one) => one.end ?? one.snapshot), [true, true, true, true, false, false, false]);
    assert.ok(distinct.all[3].end);

    for (const n of ['1', '1', null, '2']) adapter.update(name('RAW'), { n });
    await raw.lists(name('RAW'), 'n', ['1', '1', null, '2']);
    assert.ok(raw.all.every((one) => one.snapshot === false));

    const item = name('COMMAND');
    adapter.row(item, 'UPDATE', 'k1', { v: '10' });
    adapter.row(item, 'ADD', 'k3', { v: '3' });
    adapter.row(item, 'DELETE', 'k2');
    await until('all rows', () => command.updates.length === 5);
    assert.deepEqual(command.list(item, 'command'), ['ADD', 'ADD', 'UPDATE', 'ADD', 'DELETE']);
    assert.ok(command.all[2].end);
    const value = (key) => command.subscription.getCommandValue(item, key, 'v');
    assert.deepEqual([value('k1'), value('k2'), value('k3')], ['10', null, '3']);
    assert.deepEqual(mine.errors, []);
    mine.disconnect();
  });
}

test('without a snapshot: nothing of the past, no end of a snapshot', async () => {
  adapter.snapshots.set('past-m', { n: 'old' });
  adapter.snapshots.set('past-d', texts(3, 'old'));
  adapter.snapshots.set('past-c', [{ key: 'k', command: 'ADD', n: 'old', m: 'kept' }]);
  const one = await Client.connected(server.url);
  // Somebody else has these items already.
  const modes = { 'past-m': 'MERGE', 'past-d': 'DISTINCT', 'past-c': 'COMMAND' };
  const fields = (mode) => (mode === 'COMMAND' ? ['key', 'command', 'n', 'm'] : ['n']);
  for (const [item, mode] of Object.entries(modes)) {
    const record = await active(item, fields(mode), { mode }, one);
    await until('the snapshot', () => record.updates.length > 0);
  }
  const records = {};
  for (const [item, mode] of Object.entries(modes)) records[item] = await active(item, fields(mode), { mode, snapshot: 'no' });
  adapter.update('past-m', { n: 'new' });
  adapter.update('past-d', { n: 'new' });
  adapter.row('past-c', 'UPDATE', 'k', { n: 'new' });
  for (const [item, record] of Object.entries(records)) {
    await record.lists(item, 'n', ['new']);
    assert.deepEqual(record.all.map(({ snapshot }) => snapshot), [false]);
  }
  // The client does not know the row; it gets all of it.
  assert.equal(records['past-c'].last('past-c').command, 'ADD');
  assert.equal(records['past-c'].last('past-c').m, 'kept');
  one.disconnect();
});

test('one who comes later gets the state as snapshot, in each mode but RAW', async () => {
  const events = {
    'later-d': () => numbers(1, 4).forEach((n) => adapter.update('later-d', { n })),
    'later-c': () => {
      for (const key of ['a', 'b', 'c']) adapter.row('later-c', 'ADD', key, { n: key });
      adapter.row('later-c', 'UPDATE', 'c', { n: 'C' });
      adapter.row('later-c', 'DELETE', 'a');
    },
    'later-r': () => adapter.update('later-r', { n: '1' }),
  };
  const modes = { 'later-d': 'DISTINCT', 'later-c': 'COMMAND', 'later-r': 'RAW' };
  const one = await Client.connected(server.url);
  for (const [item, mode] of Object.entries(modes)) {
    const fields = mode === 'COMMAND' ? ['key', 'command', 'n'] : ['n'];
    const first = await active(item, fields, { mode });
    events[item]();
    await until('what happened', () => first.updates.length === { 'later-d': 4, 'later-c': 5, 'later-r': 1 }[item]);
    const second = await active(item, fields, { mode }, one);
    if (mode !== 'RAW') await until('the end of the snapshot', () => second.ends(item) === 1);
    adapter.update(item, { key: 'z', command: 'ADD', n: 'live' });
    await second.lists(item, 'n', { 'later-d': ['1', '2', '3', '4', 'live'], 'later-c': ['b', 'C', 'live'], 'later-r': ['live'] }[item]);
    assert.deepEqual(second.of(item).filter((update) => update.snapshot).length, { 'later-d': 4, 'later-c': 2, 'later-r': 0 }[item]);
  }
  one.disconnect();
});

test('an empty snapshot ends too', async () => {
  for (const [item, mode, fields] of [['empty-d', 'DISTINCT', ['n']], ['empty-c', 'COMMAND', ['key', 'command']]]) {
    const record = await active(item, fields, { mode });
    await until('the end', () => record.ends(item) === 1);
    assert.equal(record.updates.length, 0);
  }
});

test('the length of a DISTINCT snapshot: what the client asks for, what the adapter has, what is allowed', async () => {
  adapter.snapshots.set('long', texts(8, 's'));
  const first = await active('long', ['n'], { mode: 'DISTINCT' });
  await until('the end', () => first.ends('long') === 1);
  assert.deepEqual(first.list('long', 'n'), numbers(1, 8).map((n) => `s${n}`));
  for (const [length, wanted] of [['3', ['s6', 's7', 's8']], ['8', first.list('long', 'n')], ['500', first.list('long', 'n')]]) {
    const record = await active('long', ['n'], { mode: 'DISTINCT', snapshot: length });
    await until('the end', () => record.ends('long') === 1);
    assert.deepEqual(record.list('long', 'n'), wanted, `length ${length}`);
  }
  smallAdapter.snapshots.set('long', texts(8, 's'));
  const other = await Client.connected(small.url);
  const record = await active('long', ['n'], { mode: 'DISTINCT' }, other, smallAdapter);
  await until('the end', () => record.ends('long') === 1);
  assert.deepEqual(record.list('long', 'n'), ['s4', 's5', 's6', 's7', 's8']);
  other.disconnect();
});

test('onClearSnapshot: DISTINCT and COMMAND are told, MERGE sees nulls, RAW nothing', async () => {
  adapter.snapshots.set('clear-m', { n: '1' });
  adapter.snapshots.set('clear-d', texts(2, ''));
  adapter.snapshots.set('clear-c', [{ key: 'k', command: 'ADD', n: '1' }]);
  const merge = await active('clear-m', ['n'], {});
  const distinct = await active('clear-d', ['n'], { mode: 'DISTINCT' });
  const command = await active('clear-c', ['key', 'command', 'n'], { mode: 'COMMAND' });
  const raw = await active('clear-r', ['n'], { mode: 'RAW' });
  await merge.shows('clear-m', { n: '1' });
  await until('the rest', () => distinct.ends('clear-d') && command.ends('clear-c'));
  for (const item of ['clear-m', 'clear-d', 'clear-c', 'clear-r']) adapter.clear(item);
  await merge.shows('clear-m', { n: null });
  await until('the clears', () => distinct.clears('clear-d') === 1 && command.clears('clear-c') === 1);
  assert.equal(command.subscription.getCommandValue('clear-c', 'k', 'n'), null);
  assert.deepEqual([merge.clears('clear-m'), raw.all.length], [0, 0]);

  // Who comes now finds nothing, and what follows is whole.
  const later = await active('clear-d', ['n'], { mode: 'DISTINCT' });
  await until('the end', () => later.ends('clear-d') === 1);
  adapter.update('clear-d', { n: '3' });
  await later.lists('clear-d', 'n', ['3']);
  adapter.row('clear-c', 'ADD', 'k', { n: '9' });
  await until('the row', () => command.subscription.getCommandValue('clear-c', 'k', 'n') === '9');
});

test('unfiltered: each event of a burst, in order', async () => {
  const configure = (subscription) => subscription.setRequestedMaxFrequency('unfiltered');
  const items = { 'all-m': ['MERGE', ['n']], 'all-d': ['DISTINCT', ['n']], 'all-c': ['COMMAND', ['key', 'command', 'n']], 'all-r': ['RAW', ['n']] };
  for (const [item, [mode, fields]] of Object.entries(items)) {
    const record = await active(item, fields, { mode, configure: mode === 'RAW' ? undefined : configure });
    adapter.burst(() => numbers(1, 300).forEach((n) => adapter.update(item, { key: 'k', command: 'UPDATE', n })));
    await record.lists(item, 'n', numbers(1, 300));
    assert.equal(record.lost, 0);
  }
});

test('filtered MERGE conflates the same burst and ends on its last value', async () => {
  const record = await active('filtered', ['n'], {});
  adapter.burst(() => numbers(1, 300).forEach((n) => adapter.update('filtered', { n })));
  await record.shows('filtered', { n: '300' });
  assert.ok(record.updates.length < 50, `${record.updates.length} updates`);
  assert.equal(record.lost, 0);
});

// Were there no more updates than so many a second, from a moment at which none had been sent yet? Two
// may come late and seem too close.
function keepsTo(perSecond, updates, since) {
  const seconds = (updates.at(-1).at - since) / 1000;
  assert.ok(updates.length - 1 <= perSecond * seconds + 2, `${updates.length} updates in ${seconds} s`);
}

test('a frequency: the rate, the newest values, and another one while active', async () => {
  const record = await active('slow', ['n', 'once'], { configure: (subscription) => subscription.setRequestedMaxFrequency(20) });
  assert.deepEqual(record.frequencies.map(Number), [20]);
  let since = performance.now();
  adapter.update('slow', { n: 'first', once: 'stays' });
  const stop = adapter.feed(400, (n) => adapter.update('slow', { n: String(n) }));
  // That is more than the next frequency would let through in the time.
  await until('updates', () => record.updates.length >= 50, 9000);
  keepsTo(20, record.updates, since);

  since = performance.now();
  record.subscription.setRequestedMaxFrequency(5);
  await until('the new frequency', () => record.frequencies.length === 2);
  assert.equal(Number(record.frequencies[1]), 5);
  const before = record.updates.length;
  await until('updates', () => record.updates.length >= before + 5);
  keepsTo(5, record.updates.slice(before), since);

  record.subscription.setRequestedMaxFrequency('unlimited');
  await until('no limit', () => record.frequencies.length === 3);
  assert.equal(record.frequencies[2], 'unlimited');
  const sent = stop();
  await record.shows('slow', { n: String(sent - 1), once: 'stays' });
});

test('a frequency in COMMAND is of each key, and of UPDATEs only', async () => {
  const fields = ['key', 'command', 'n'];
  const record = await active('keys', fields, { mode: 'COMMAND', configure: (subscription) => subscription.setRequestedMaxFrequency(10) });
  const since = performance.now();
  for (const key of ['a', 'b']) adapter.row('keys', 'ADD', key, { n: 'first' });
  let rows = 0;
  const stop = adapter.feed(300, (n) => {
    adapter.row('keys', 'UPDATE', n % 2 ? 'a' : 'b', { n: String(n) });
    adapter.row('keys', 'ADD', `row${n}`, {});
    adapter.row('keys', 'DELETE', `row${n}`, {});
    ++rows;
  });
  const of = (key) => record.updates.filter((update) => update.values.key === key);
  await until('updates', () => of('a').length >= 10 && of('b').length >= 10);
  const sent = stop();
  for (const key of ['a', 'b']) keepsTo(10, of(key), since);
  const value = (key) => record.subscription.getCommandValue('keys', key, 'n');
  const last = (key) => String(sent - 1 - ((sent - 1) % 2 === (key === 'a' ? 1 : 0) ? 0 : 1));
  await until('the last values', () => value('a') === last('a') && value('b') === last('b'));
  await until('all rows', () => record.updates.filter((update) => update.values.command === 'DELETE').length === rows);
  assert.equal(record.lost, 0);
});

test('a buffer: of a burst that waits, the last so many', async () => {
  const configure = (size) => (subscription) => {
    subscription.setRequestedMaxFrequency(8);
    subscription.setRequestedBufferSize(size);
  };
  for (const mode of ['MERGE', 'DISTINCT']) {
    const record = await active(`buffer-${mode}`, ['n', 'early'], { mode, configure: configure('3') });
    const all = await active(`buffer-${mode}`, ['n'], { mode, configure: configure('unlimited') });
    const item = `buffer-${mode}`;
    const since = performance.now();
    adapter.update(item, { n: '0' });
    await record.shows(item, { n: '0' });
    await all.shows(item, { n: '0' });
    adapter.burst(() => numbers(1, 8).forEach((n) => adapter.update(item, n === '2' ? { n, early: 'set' } : { n })));
    await record.lists(item, 'n', ['0', '6', '7', '8']);
    // MERGE loses no part of the state.
    assert.equal(record.last(item).early, mode === 'MERGE' ? 'set' : null);
    keepsTo(8, record.updates, since);
    await all.lists(item, 'n', numbers(0, 8));
    assert.equal(record.lost + all.lost, 0);
  }
});

// Sends `count` long events while the reader of `record` stalls; `witness` reads all the time.
async function stalled(proxy, item, witness, record, first, count) {
  const filler = 'x'.repeat(16000);
  const last = String(first + count - 1);
  proxy.stall();
  for (const n of numbers(first, Number(last))) smallAdapter.update(item, { key: 'k', command: 'UPDATE', n, filler: filler + n });
  await witness.shows(item, { n: last });
  proxy.resume();
  await record.shows(item, { n: last });
}

for (const mode of ['RAW', 'MERGE', 'DISTINCT', 'COMMAND']) {
  test(`onItemLostUpdates: ${mode}, the number and the place are exact`, async () => {
    const item = `lost-${mode}`;
    const fields = [...(mode === 'COMMAND' ? ['key', 'command'] : []), 'n', 'filler'];
    const proxy = await startProxy(small.port, { upgrades: 'pass' });
    const slow = await Client.connected(proxy.url, { transport: 'WS-STREAMING', configure: Client.patient });
    const other = await Client.connected(small.url);
    const configure = mode === 'RAW' ? undefined : (subscription) => subscription.setRequestedMaxFrequency('unfiltered');
    const record = await active(item, fields, { mode, configure }, slow, smallAdapter);
    const witness = await active(item, fields.filter((field) => field !== 'filler'), { mode }, other, smallAdapter);
    await stalled(proxy, item, witness, record, 1, 300);
    await stalled(proxy, item, witness, record, 301, 300);
    let at = 0;
    let rebuilt = false;
    for (const one of record.all) {
      if (one.end) continue;
      if (one.lost) {
        at += one.lost;
      } else if (one.clear) {
        rebuilt = true; // COMMAND: behind what was lost come the rows as they are now
      } else {
        assert.equal(Number(one.values.n), rebuilt ? at : ++at, `after ${JSON.stringify(record.all.map((each) => each.lost ?? each.values?.n))}`);
        rebuilt = false;
      }
    }
    assert.equal(at, 600);
    assert.ok(record.lost > 0, 'nothing was lost: the reader did not stall');
    assert.equal(record.clears(item) > 0, mode === 'COMMAND');
    slow.disconnect();
    other.disconnect();
    proxy.stop();
  });
}

test('filtered COMMAND, a stalled reader: ADDs and DELETEs that are lost are told, the table is right', async () => {
  const fields = ['key', 'command', 'n', 'filler'];
  const proxy = await startProxy(small.port, { upgrades: 'pass' });
  const slow = await Client.connected(proxy.url, { transport: 'WS-STREAMING', configure: Client.patient });
  const other = await Client.connected(small.url);
  const record = await active('table', fields, { mode: 'COMMAND' }, slow, smallAdapter);
  const witness = await active('table', ['key', 'command', 'n'], { mode: 'COMMAND' }, other, smallAdapter);
  const filler = 'x'.repeat(16000);
  proxy.stall();
  for (const n of numbers(1, 300)) {
    smallAdapter.row('table', 'ADD', n, { n, filler });
    if (n > 5) smallAdapter.row('table', 'DELETE', n);
  }
  smallAdapter.row('table', 'ADD', 'last', { n: 'last' });
  await until('the last row', () => witness.subscription.getCommandValue('table', 'last', 'n') === 'last');
  proxy.resume();
  await record.shows('table', { key: 'last' });
  const value = (key) => record.subscription.getCommandValue('table', key, 'n');
  assert.deepEqual(['1', '2', '3', '4', '5', '6', '300'].map(value), ['1', '2', '3', '4', '5', null, null]);
  assert.ok(record.lost > 0);
  slow.disconnect();
  other.disconnect();
  proxy.stop();
});
