// SPDX-License-Identifier: Apache-2.0
// Adapters made with the official Node.js kit, each in a process of its own, and official clients.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Client, kTransports } from './lib/client.mjs';
import { NodeAdapter } from './lib/node_adapter.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kItems = Array.from({ length: 12 }, (_, i) => `stock${i}`);
let server;
let set;
let metadata;
let data;

const startData = () =>
  NodeAdapter.start(
    'data',
    { request: set.data_adapter[0].request_reply_port, notify: set.data_adapter[0].notify_port },
    { snapshots: Object.fromEntries(kItems.map((item) => [item, { name: `${item} ü|%`, price: '1.0', none: null }])) },
  );

before(async () => {
  set = await adapterSet({ metadata: {}, data: [{ name: 'STOCKLIST', notify_port: true }] });
  server = await Server.start({ adapter_set: [set] });
  metadata = await NodeAdapter.start(
    'metadata',
    { request: set.metadata_adapter.request_reply_port },
    { users: { alice: 'wonder+land' }, maxFrequency: 0 },
  );
  data = await startData();
});
after(async () => {
  await data?.kill();
  await metadata?.kill();
  await server?.stop();
});

for (const transport of kTransports.slice(0, 4)) {
  test(`${transport}: messages and what becomes of them`, async () => {
    const client = await Client.connected(server.url, { transport, user: 'alice', password: 'wonder+land' });
    const texts = [`hello ${transport} ü|%+\r\n&=`, 'deny', 'inconsistent', 'fail'];
    for (const sequence of [undefined, 'seq']) {
      const sent = texts.map((text) => client.send(text, sequence));
      const told = [];
      for (const one of sent) told.push(await one.outcome());
      assert.deepEqual(told, ['processed ', 'deny -5 not you, ü|%', 'error', 'error']);
    }
    await until('both messages', () => metadata.count('message', texts[0], 'alice', client.sessionId) === 2);
    client.disconnect();
  });

  test(`${transport}: sign in, a dozen items, updates, sign out`, async () => {
    const seen = data.count('subscribe');
    const client = await Client.connected(server.url, { transport, user: 'alice', password: 'wonder+land' });
    const record = await client.subscribe(kItems, ['name', 'price', 'none'], { adapter: 'STOCKLIST' }).active();
    for (const item of kItems) await record.shows(item, { name: `${item} ü|%`, price: '1.0', none: null });
    await until('each item to be subscribed, once', () => data.count('subscribe') === seen + kItems.length);
    for (const item of kItems) data.update(item, { price: `2.0 ${transport}`, none: '' });
    for (const item of kItems) await record.shows(item, { price: `2.0 ${transport}`, none: '' });
    const id = client.sessionId;
    client.unsubscribe(record);
    await record.ended();
    await metadata.seen('tablesClose', kItems.join(' '));
    client.disconnect();
    if (transport.startsWith('WS')) await metadata.seen('sessionClose', id);
    assert.deepEqual(client.errors, []);
  });
}

test('the wrong password is refused with code 1', async () => {
  const client = new Client(server.url, { user: 'alice', password: 'wrong' });
  client.connect();
  assert.equal((await client.failed()).code, 1);
  assert.equal(client.status, 'DISCONNECTED');
});

test('killed and started again while a client watches', async () => {
  const client = await Client.connected(server.url, { user: 'alice', password: 'wonder+land' });
  const record = await client.subscribe(['stock1'], ['price', 'extra'], { adapter: 'STOCKLIST' }).active();
  await record.shows('stock1', { price: '1.0' });
  data.update('stock1', { price: '5.0', extra: 'gone soon' });
  await record.shows('stock1', { price: '5.0', extra: 'gone soon' });
  const id = client.sessionId;
  await data.kill();
  data = await startData();
  await data.seen('subscribe', 'stock1');
  await record.shows('stock1', { price: '1.0', extra: null });
  assert.equal(client.sessionId, id);
  client.disconnect();
});

test('the adapters are told who comes from where', async () => {
  const client = await Client.connected(server.url, { user: 'alice', password: 'wonder+land' });
  const event = await metadata.seen('newSession', client.sessionId);
  assert.equal(event[2].REMOTE_IP, '127.0.0.1');
  assert.match(event[2].REMOTE_PORT, /^\d+$/);
  client.disconnect();
});
