// SPDX-License-Identifier: Apache-2.0
// What clients see of each mode when a Data Adapter dies and another one comes, for each policy of
// `events_recovery` (A13): who watched before, and who subscribed while nobody was there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/adapters.mjs';
import { Client } from './lib/client.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { pause, until } from './lib/wait.mjs';

const kModes = ['MERGE', 'DISTINCT', 'COMMAND', 'RAW'];
const kFields = { MERGE: ['a', 'b'], DISTINCT: ['a'], COMMAND: ['key', 'command', 'a'], RAW: ['a'] };
const add = (key, a) => ({ key, command: 'ADD', a });
// What the adapters say of an item of each mode: the snapshots of the first and of the second one,
// and an update of the second one.
const kFirst = { MERGE: { a: '1', b: '1' }, DISTINCT: [{ a: '1' }, { a: '2' }], COMMAND: [add('k1', '1'), add('k2', '1')], RAW: { a: '1' } };
const kSecond = { MERGE: { a: '2' }, DISTINCT: { a: '3' }, COMMAND: [add('k2', '1'), add('k3', '1')], RAW: { a: '2' } };
const kLive = { MERGE: { b: '3' }, DISTINCT: { a: '4' }, COMMAND: { key: 'k2', command: 'UPDATE', a: '2' }, RAW: { a: '3' } };

// What a subscriber of each mode is told: `before` by the first adapter, `away` at the loss, `late`
// first of all if it subscribes after the loss, `back` when the second adapter is there, and `live`.
const kBefore = { MERGE: ['1,1'], DISTINCT: ['1', '2', 'end'], COMMAND: ['k1,ADD,1', 'k2,ADD,1', 'end'], RAW: [] };
const kNothing = { MERGE: [], DISTINCT: [], COMMAND: [], RAW: [] };
const kExpected = {
  use_snapshot: {
    away: kNothing,
    late: kBefore,
    back: { MERGE: ['2,-'], DISTINCT: ['3'], COMMAND: ['k3,ADD,1', 'k1,DELETE,-'], RAW: [] },
    live: { MERGE: '2,3', DISTINCT: '4', COMMAND: 'k2,UPDATE,2', RAW: '3' },
  },
  enforce_snapshot: {
    away: { MERGE: ['-,-'], DISTINCT: ['clear'], COMMAND: ['clear'], RAW: [] },
    late: { MERGE: ['-,-'], DISTINCT: ['end'], COMMAND: ['end'], RAW: [] },
    back: { MERGE: ['2,-'], DISTINCT: ['3'], COMMAND: ['k2,ADD,1', 'k3,ADD,1'], RAW: ['2'] },
    live: { MERGE: '2,3', DISTINCT: '4', COMMAND: 'k2,UPDATE,2', RAW: '3' },
  },
  leave_hole: {
    away: kNothing,
    late: kBefore,
    back: kNothing,
    live: { MERGE: '1,3', DISTINCT: '4', COMMAND: 'k2,UPDATE,2', RAW: '3' },
  },
};

let server;
let set;
before(async () => {
  set = await adapterSet({ data: Object.keys(kExpected).map((name) => ({ name, events_recovery: name })) });
  set.policy = { distinct_snapshot_length: 10 };
  server = await Server.start({ adapter_set: [set] });
});
after(() => server.stop());

async function start(policy, snapshots) {
  const adapter = new DataAdapter({ snapshots: { '*': (item) => snapshots[item.split('_')[0]] } });
  await adapter.connect(set.data_adapter.find(({ name }) => name === policy).request_reply_port);
  return adapter.ready();
}

const told = (record, mode) =>
  record.all.map((one) => (one.end ? 'end' : one.clear ? 'clear' : kFields[mode].map((field) => one.values[field] ?? '-').join(',')));
async function hears(record, mode, expected, what) {
  await until(() => `${what}: ${expected}; heard ${told(record, mode).join(' ')}`, () => told(record, mode).length >= expected.length);
  assert.deepEqual(told(record, mode), expected, what);
}

for (const [policy, expected] of Object.entries(kExpected)) {
  test(`A13: ${policy}: what clients see of a killed adapter and its successor`, async () => {
    const first = await start(policy, kFirst);
    const client = await Client.connected(server.url, { transport: 'WS-STREAMING' });
    const subscribe = (item, mode) => client.subscribe([item], kFields[mode], { mode, adapter: policy, snapshot: mode === 'RAW' ? undefined : 'yes' }).active();
    const watching = {};
    const late = {};
    const fresh = {};
    for (const mode of kModes) watching[mode] = await subscribe(mode, mode);
    for (const mode of kModes) await hears(watching[mode], mode, kBefore[mode], `${mode} before`);
    for (const mode of kModes) await first.subscribed(mode);
    const ids = new Map(first.active);

    first.kill();
    for (const mode of kModes) await hears(watching[mode], mode, [...kBefore[mode], ...expected.away[mode]], `${mode} at the loss`);
    await until('the loss', () => server.log.includes(`"remote adapter lost" proxy=DEMO.${policy}`));
    for (const mode of kModes) {
      late[mode] = await subscribe(mode, mode);
      fresh[mode] = await subscribe(`${mode}_new`, mode);
    }
    for (const mode of kModes) await hears(late[mode], mode, expected.late[mode], `${mode}, late`);
    // An item that nobody knows yet: nobody waits for the end of its snapshot.
    const empty = { MERGE: [], DISTINCT: ['end'], COMMAND: ['end'], RAW: [] };
    for (const mode of kModes) await hears(fresh[mode], mode, empty[mode], `${mode}, unknown`);

    const second = await start(policy, kSecond);
    for (const mode of kModes) {
      await second.subscribed(mode);
      await second.subscribed(`${mode}_new`);
      assert.notEqual(second.active.get(mode), ids.get(mode), 'the subscription has a new id');
    }
    const soFar = (mode, start) => [...start, ...expected.back[mode]];
    for (const mode of kModes) {
      await hears(watching[mode], mode, soFar(mode, [...kBefore[mode], ...expected.away[mode]]), `${mode} at the return`);
      await hears(late[mode], mode, soFar(mode, expected.late[mode]), `${mode}, late, at the return`);
    }
    await pause(200); // longer than any window, for what must not come
    for (const mode of kModes) {
      second.update(mode, kLive[mode]);
      second.update(mode, { ...kLive[mode], a: 'stale' }, false, ids.get(mode)); // A8: of the old subscription
    }
    for (const mode of kModes) {
      await hears(watching[mode], mode, [...soFar(mode, [...kBefore[mode], ...expected.away[mode]]), expected.live[mode]], `${mode} live`);
      await hears(late[mode], mode, [...soFar(mode, expected.late[mode]), expected.live[mode]], `${mode}, late, live`);
    }
    // What nobody had before the loss has no hole to leave.
    await fresh.MERGE.shows('MERGE_new', { a: '2' });
    await fresh.DISTINCT.lists('DISTINCT_new', 'a', ['3']);
    await fresh.COMMAND.lists('COMMAND_new', 'key', ['k2', 'k3']);
    client.disconnect();
    second.kill();
    await until('the loss', () => server.log.split(`"remote adapter lost" proxy=DEMO.${policy}`).length === 3);
  });
}

test('leave_hole: what is marked as snapshot behind its end is news', async () => {
  const snapshots = { MERGE: { a: '1', b: '1' } };
  const first = await start('leave_hole', snapshots);
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['MERGE_hole'], ['a', 'b'], { adapter: 'leave_hole' }).active();
  await record.shows('MERGE_hole', { a: '1' });
  const losses = () => server.log.split('"remote adapter lost" proxy=DEMO.leave_hole').length;
  const before = losses();
  first.kill();
  await until('the loss', () => losses() > before);
  const second = await start('leave_hole', { MERGE: { a: '2' } });
  await second.subscribed('MERGE_hole'); // whose snapshot and EOS came with it
  second.update('MERGE_hole', { b: '3' }, true);
  await record.shows('MERGE_hole', { a: '1', b: '3' });
  client.disconnect();
  second.kill();
});
