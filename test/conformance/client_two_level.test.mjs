// SPDX-License-Identifier: Apache-2.0
// Two-level COMMAND: the official client makes a MERGE subscription of each key of a table.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { Client } from './lib/client.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kKeys = 500;
let server;
let table; // the adapter of the first level
let quotes; // and of the second

before(async () => {
  const set = await adapterSet({ data: ['TABLE', 'QUOTES'] });
  server = await Server.start({ adapter_set: [set], server: { shards: 2 } });
  table = await DataAdapter.start(set.data_adapter[0].request_reply_port);
  quotes = await DataAdapter.start(set.data_adapter[1].request_reply_port, { snapshots: { '*': (item) => ({ price: `${item}:0` }) } });
});
after(async () => {
  table?.kill();
  quotes?.kill();
  await server?.stop();
});

const key = (i) => `key${i}`;
const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

// A subscription of the table, and what it should show: key -> [quantity, price].
class Table {
  wanted = new Map();
  rows = new Map(); // what the updates of both levels say
  failures = [];

  constructor(client, item, options = {}) {
    this.item = item;
    this.record = client.subscribe([item], ['key', 'command', 'quantity'], {
      mode: 'COMMAND',
      adapter: 'TABLE',
      configure: (subscription) => {
        subscription.setCommandSecondLevelFields(['price', 'time']);
        subscription.setCommandSecondLevelDataAdapter('QUOTES');
        subscription.addListener({
          onItemUpdate: (update) => {
            const [name, command, ...row] = ['key', 'command', 'quantity', 'price'].map((field) => update.getValue(field));
            if (command === 'DELETE') this.rows.delete(name);
            else this.rows.set(name, row);
          },
          onClearSnapshot: () => this.rows.clear(),
          onCommandSecondLevelSubscriptionError: (code, text, name) => this.failures.push({ code, text, name }),
        });
        options.configure?.(subscription);
      },
    });
  }
  add(i, quantity) {
    table.row(this.item, 'ADD', key(i), { quantity });
    this.wanted.set(key(i), [quantity, `${key(i)}:0`]);
  }
  delete(i) {
    table.row(this.item, 'DELETE', key(i));
    this.wanted.delete(key(i));
  }
  quantity(i, quantity) {
    table.row(this.item, 'UPDATE', key(i), { quantity });
    this.wanted.get(key(i))[0] = quantity;
  }
  price(i, price) {
    quotes.update(key(i), { price });
    this.wanted.get(key(i))[1] = price;
  }
  shown(name) {
    return this.rows.get(name);
  }
  // Waits until all rows are as they should be.
  async settles() {
    const wrong = () => [...this.wanted].filter(([name, row]) => JSON.stringify(this.shown(name)) !== JSON.stringify(row));
    await until(() => `the rows ${JSON.stringify(wrong().slice(0, 5))}; shown ${JSON.stringify(wrong().slice(0, 5).map(([name]) => this.shown(name)))}`,
      () => wrong().length === 0 && this.rows.size === this.wanted.size);
    assert.deepEqual(this.failures, []);
  }
}

const subscribed = (names) => names.filter((name) => quotes.active.has(name)).length;

test('500 keys: adds, updates of both levels, deletes; the final state is equal, and nothing is left behind', async () => {
  const client = await Client.connected(server.url, { transport: 'WS-STREAMING' });
  table.snapshots.set('big', range(1, 100).map((i) => ({ key: key(i), command: 'ADD', quantity: `s${i}` })));
  const big = new Table(client, 'big');
  for (const i of range(1, 100)) big.wanted.set(key(i), [`s${i}`, `${key(i)}:0`]);
  await big.record.active();
  await until('the end of the snapshot', () => big.record.ends('big') === 1);
  table.burst(() => range(101, kKeys).forEach((i) => big.add(i, `a${i}`)));
  await big.settles();
  assert.equal(quotes.active.size, kKeys);
  assert.equal(quotes.log.length, kKeys);

  range(1, kKeys).filter((i) => i % 3 === 0).forEach((i) => big.price(i, `p${i}`));
  range(1, kKeys).filter((i) => i % 5 === 0).forEach((i) => big.quantity(i, `q${i}`));
  await big.settles();

  const gone = range(1, kKeys).filter((i) => i % 2 === 0);
  table.burst(() => gone.forEach((i) => big.delete(i)));
  await until('USB of the deleted keys', () => subscribed(gone.map(key)) === 0);
  assert.equal(quotes.active.size, kKeys - gone.length);
  await big.settles();

  // A deleted key that comes back is subscribed anew.
  table.burst(() => range(1, 20).filter((i) => i % 2 === 0).forEach((i) => big.add(i, 'again')));
  await big.settles();
  assert.equal(quotes.count(`SUB ${key(2)}`), 2);

  client.unsubscribe(big.record);
  await until('USB of all', () => quotes.active.size === 0 && !table.active.has('big'));
  assert.deepEqual(client.errors, []);
  assert.equal(client.statuses.filter((status) => status.startsWith('DISCONNECTED')).length, 0);
  client.disconnect();
});

test('keys that come and go faster than their second level', async () => {
  const client = await Client.connected(server.url, { transport: 'WS-STREAMING' });
  const fast = new Table(client, 'fast');
  await fast.record.active();
  await table.subscribed('fast');
  for (let round = 0; round < 5; ++round) {
    table.burst(() => range(1, 40).forEach((i) => fast.add(i, `r${round}`)));
    table.burst(() => range(1, 40).filter((i) => i % 4 !== 0).forEach((i) => fast.delete(i)));
  }
  await fast.settles();
  const left = range(1, 40).filter((i) => i % 4 === 0).map(key);
  await until('the keys that are left', () => quotes.active.size === left.length && subscribed(left) === left.length);
  client.disconnect();
});

test('a clear of the table ends its second level; two tables share one', async () => {
  const client = await Client.connected(server.url, { transport: 'WS-STREAMING' });
  const one = new Table(client, 'one');
  const two = new Table(client, 'two');
  await one.record.active();
  await two.record.active();
  await table.subscribed('one');
  await table.subscribed('two');
  const first = 600;
  range(first, first + 9).forEach((i) => one.add(i, '1'));
  range(first, first + 4).forEach((i) => two.add(i, '2'));
  await one.settles();
  await two.settles();
  const names = range(first, first + 9).map(key);
  for (const name of names) assert.equal(quotes.count(`SUB ${name}`), 1);
  table.clear('one');
  await until('USB of what only the cleared table had', () => subscribed(names) === 5);
  one.wanted.clear();
  two.price(first, 'still live');
  await two.settles();
  client.disconnect();
});

test('a frequency limit holds on both levels and ends on the last values', async () => {
  const client = await Client.connected(server.url, { transport: 'WS-STREAMING' });
  const slow = new Table(client, 'slow', { configure: (subscription) => subscription.setRequestedMaxFrequency(10) });
  await slow.record.active();
  await table.subscribed('slow');
  range(700, 704).forEach((i) => slow.add(i, '0'));
  await slow.settles();
  for (const n of range(1, 200)) {
    slow.quantity(700 + (n % 5), `q${n}`);
    slow.price(700 + (n % 5), `p${n}`);
  }
  await slow.settles();
  const rows = slow.record.updates.filter((update) => update.values.key === key(700));
  assert.ok(rows.length < 40, `${rows.length} updates of 80 events`);
  client.disconnect();
});
