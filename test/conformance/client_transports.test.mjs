// SPDX-License-Identifier: Apache-2.0
// The official client over each of its transports: from connect() to disconnect().
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { Client, kTransports } from './lib/client.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

let server;
let adapter;

before(async () => {
  const set = await adapterSet();
  server = await Server.start({ adapter_set: [set] });
  adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, {
    snapshots: { '*': (item) => ({ name: `name of ${item}`, last: '1', note: null }) },
  });
});
after(async () => {
  adapter?.kill();
  await server?.stop();
});

for (const transport of [...kTransports, undefined]) {
  const name = transport ?? 'its own choice';

  test(`${name}: snapshot, updates, unsubscription`, async () => {
    const client = await Client.connected(server.url, { transport });
    const item = `item-${name.replaceAll(' ', '-')}`;
    const record = await client.subscribe([item], ['name', 'last', 'note']).active();
    await record.shows(item, { name: `name of ${item}`, last: '1', note: null });
    assert.equal(record.updates[0].snapshot, true);

    for (let i = 2; i <= 5; ++i) {
      adapter.update(item, { last: String(i) });
      await record.shows(item, { name: `name of ${item}`, last: String(i) });
    }
    assert.equal(record.updates.at(-1).snapshot, false);
    assert.deepEqual(record.updates.at(-1).changed, { last: '5' });

    client.unsubscribe(record);
    await record.ended();
    await until(`USB ${item}`, () => adapter.count(`USB ${item}`) === 1);
    client.disconnect();
    assert.equal(client.status, 'DISCONNECTED');
    assert.deepEqual(client.errors, []);
  });

  test(`${name}: a hundred items in one subscription`, async () => {
    const client = await Client.connected(server.url, { transport });
    const items = Array.from({ length: 100 }, (_, i) => `many-${i}-${name.replaceAll(' ', '-')}`);
    const record = await client.subscribe(items, ['name', 'last']).active();
    await until('a hundred snapshots', () => new Set(record.updates.map((update) => update.item)).size === 100);
    for (const item of items) adapter.update(item, { last: `new ${item}` });
    for (const item of items) await record.shows(item, { name: `name of ${item}`, last: `new ${item}` });
    client.disconnect();
    assert.deepEqual(client.errors, []);
  });
}

test('a forced transport is the one in use', async () => {
  for (const transport of kTransports.slice(0, 4)) {
    const client = await Client.connected(server.url, { transport });
    const record = await client.subscribe([`forced-${transport}`], ['last']).active();
    await record.shows(`forced-${transport}`, { last: '1' });
    assert.equal(client.status, `CONNECTED:${transport}`);
    client.disconnect();
  }
});

test('left to itself the client ends on WS-STREAMING', async () => {
  const client = await Client.connected(server.url);
  await client.reached('WS-STREAMING');
  client.disconnect();
});

test('a client that connects again gets a new session and its subscriptions back', async () => {
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['again'], ['name', 'last']).active();
  await record.shows('again', { last: '1' });
  const first = client.sessionId;
  client.disconnect();
  client.connect();
  await client.reached('WS-STREAMING');
  assert.notEqual(client.sessionId, first);
  await until('a second snapshot', () => record.of('again').filter((update) => update.snapshot).length >= 2);
  client.disconnect();
});
