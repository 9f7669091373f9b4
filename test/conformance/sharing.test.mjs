// SPDX-License-Identifier: Apache-2.0
// What many clients share: one subscription at the adapter, and the server's knowledge of an item.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { Client } from './lib/client.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { never, until } from './lib/wait.mjs';

let server;
let adapter;
let other;

before(async () => {
  const set = await adapterSet({ data: ['DEFAULT', 'OTHER'] });
  server = await Server.start({ adapter_set: [set], server: { shards: 2 } });
  adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '1', b: '2' } } });
  other = await DataAdapter.start(set.data_adapter[1].request_reply_port, { snapshots: { '*': { a: 'other' } } });
});
after(async () => {
  adapter?.kill();
  other?.kill();
  await server?.stop();
});

test('two clients on one item make one SUB, and one USB when the last has gone', async () => {
  const one = await Client.connected(server.url);
  const two = await Client.connected(server.url, { transport: 'HTTP-STREAMING' });
  const first = await one.subscribe(['shared'], ['a', 'b']).active();
  await first.shows('shared', { a: '1', b: '2' });
  const second = await two.subscribe(['shared'], ['b']).active();
  await second.shows('shared', { b: '2' });
  adapter.update('shared', { b: '3' });
  await first.shows('shared', { a: '1', b: '3' });
  await second.shows('shared', { b: '3' });
  assert.equal(adapter.count('SUB shared'), 1);

  one.unsubscribe(first);
  await first.ended();
  await never('USB while one client is left', () => adapter.count('USB shared') > 0, 300);
  two.unsubscribe(second);
  await until('USB', () => adapter.count('USB shared') === 1);
  one.disconnect();
  two.disconnect();
});

test('one who comes later gets the values of now as snapshot', async () => {
  const one = await Client.connected(server.url);
  const first = await one.subscribe(['later'], ['a', 'b', 'c']).active();
  await first.shows('later', { a: '1' });
  adapter.update('later', { a: '10', c: 'new' });
  await first.shows('later', { a: '10', b: '2', c: 'new' });
  const two = await Client.connected(server.url);
  const second = await two.subscribe(['later'], ['a', 'b', 'c']).active();
  await second.shows('later', { a: '10', b: '2', c: 'new' });
  assert.equal(second.updates[0].snapshot, true);
  one.disconnect();
  two.disconnect();
});

test('each session gets a SUB of its own when the item had been left', async () => {
  for (let round = 1; round <= 3; ++round) {
    const client = await Client.connected(server.url);
    const record = await client.subscribe(['rounds'], ['a']).active();
    await record.shows('rounds', { a: '1' });
    client.disconnect();
    await until(`USB number ${round}`, () => adapter.count('USB rounds') === round);
  }
  assert.deepEqual(adapter.log.filter((line) => line.endsWith(' rounds')),
    ['SUB rounds', 'USB rounds', 'SUB rounds', 'USB rounds', 'SUB rounds', 'USB rounds']);
});

test('items of one name in two Data Adapters are two items', async () => {
  const client = await Client.connected(server.url);
  const mine = await client.subscribe(['same'], ['a']).active();
  const theirs = await client.subscribe(['same'], ['a'], { adapter: 'OTHER' }).active();
  await mine.shows('same', { a: '1' });
  await theirs.shows('same', { a: 'other' });
  client.disconnect();
});

test('an item twice in one session, with different fields', async () => {
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'twice', 'a');
  await socket.subscribe(2, 'twice', 'b a');
  await until('both snapshots', () => socket.find(/^U,1,1,1$/) && socket.find(/^U,2,1,2\|1$/));
  assert.equal(adapter.count('SUB twice'), 1);
  socket.terminate();
});

test('a client without snapshot sees the next update only', async () => {
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['nosnap'], ['a', 'b'], { snapshot: 'no' }).active();
  await adapter.subscribed('nosnap');
  await never('a snapshot', () => record.updates.length > 0, 300);
  adapter.update('nosnap', { a: 'now' });
  await record.shows('nosnap', { a: 'now' });
  assert.equal(record.updates[0].snapshot, false);
  client.disconnect();
});

test('many clients and a fast feed: each ends on the last value', async () => {
  const clients = await Promise.all(Array.from({ length: 20 }, () => TlcpSocket.session(server.port)));
  await Promise.all(clients.map((client) => client.subscribe(1, 'fast', 'a')));
  for (let i = 0; i < 3000; ++i) adapter.update('fast', { a: `v${i}` });
  await Promise.all(clients.map((client) => client.next(/^U,1,1,v2999$/)));
  clients.forEach((client) => client.terminate());
});
