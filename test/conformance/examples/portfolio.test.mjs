// SPDX-License-Identifier: Apache-2.0
// The example adapter of the portfolio against the server: orders are messages, rows come, change
// and go, each user has a table of their own, and prices are a second level.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { DataAdapter } from '../lib/adapters.mjs';
import { Client } from '../lib/client.mjs';
import { CppAdapter } from '../lib/cpp_adapter.mjs';
import { adapterSet, kOverGrpc, Server } from '../lib/server.mjs';
import { until } from '../lib/wait.mjs';

// ARI has no place for a response.
const processed = (response) => `processed ${kOverGrpc ? response : ''}`;

describe('the portfolio', () => {
  let server;
  let adapter;
  let stocks;

  before(async () => {
    const set = await adapterSet({ id: 'PORTFOLIO', metadata: {}, data: ['PORTFOLIO', 'STOCKLIST'] });
    server = await Server.start({ adapter_set: [set] });
    adapter = await CppAdapter.pair('portfolio', set);
    stocks = await DataAdapter.start(set.data_adapter[1].request_reply_port, { snapshots: { '*': (item) => ({ price: `price of ${item}` }) } });
  });
  after(async () => {
    stocks?.kill();
    await adapter?.stop();
    await server?.stop();
  });

  // A user's table as the updates of both levels say.
  class Table {
    rows = {};

    static async open(user) {
      const table = new Table();
      table.client = await Client.connected(server.url, { set: 'PORTFOLIO', user });
      table.record = await table.client
        .subscribe(['portfolio'], ['key', 'command', 'quantity'], {
          mode: 'COMMAND',
          adapter: 'PORTFOLIO',
          snapshot: 'yes',
          configure: (subscription) => {
            subscription.setCommandSecondLevelDataAdapter('STOCKLIST');
            subscription.setCommandSecondLevelFields(['price']);
            subscription.addListener({
              onItemUpdate: (update) => {
                const key = update.getValue('key');
                if (update.getValue('command') === 'DELETE') delete table.rows[key];
                else table.rows[key] = [update.getValue('quantity'), update.getValue('price')];
              },
            });
          },
        })
        .active();
      return table;
    }
    order(text) {
      return this.client.send(text, 'orders').outcome();
    }
    async shows(rows) {
      const wanted = JSON.stringify(Object.entries(rows).map(([symbol, quantity]) => [symbol, [quantity, `price of ${symbol}`]]).sort());
      const seen = () => JSON.stringify(Object.entries(this.rows).sort());
      await until(() => `${wanted}; the table is ${seen()}`, () => seen() === wanted);
    }
    close() {
      this.client.disconnect();
    }
  }

  test('an order changes the portfolio: its row comes, changes and goes', async () => {
    const ann = await Table.open('ann');
    await ann.shows({ 'stock.IBM': '100' });
    assert.equal(await ann.order('buy stock.MSFT 10'), processed('bought 10 stock.MSFT'));
    await ann.shows({ 'stock.IBM': '100', 'stock.MSFT': '10' });
    assert.equal(await ann.order('buy stock.MSFT 5'), processed('bought 5 stock.MSFT'));
    assert.equal(await ann.order('sell stock.IBM 99'), processed('sold 99 stock.IBM'));
    await ann.shows({ 'stock.IBM': '1', 'stock.MSFT': '15' });
    assert.equal(await ann.order('sell stock.IBM 1'), processed('sold 1 stock.IBM'));
    await ann.shows({ 'stock.MSFT': '15' });
    const price = 'another price';
    stocks.update('stock.MSFT', { price });
    await until('the other price', () => ann.rows['stock.MSFT'][1] === price);
    ann.close();
  });

  test('a portfolio is remembered, and is its user\'s own', async () => {
    const eve = await Table.open('eve');
    assert.equal(await eve.order('buy stock.GOOG 7'), processed('bought 7 stock.GOOG'));
    await eve.shows({ 'stock.IBM': '100', 'stock.GOOG': '7' });
    const [again, other] = [await Table.open('eve'), await Table.open('fay')];
    await again.shows({ 'stock.IBM': '100', 'stock.GOOG': '7' });
    await other.shows({ 'stock.IBM': '100' });
    assert.equal(await again.order('sell stock.IBM 100'), processed('sold 100 stock.IBM'));
    await eve.shows({ 'stock.GOOG': '7' });
    await other.shows({ 'stock.IBM': '100' });
    for (const one of [eve, again, other]) one.close();
  });

  test('nobody opens the portfolio of somebody else', async () => {
    const { client } = await Table.open('mallory');
    for (const items of [['portfolio.ann'], ['stock.IBM', 'portfolio.ann'], ['portfolio', 'portfolio.ann']]) {
      const record = client.subscribe(items, ['key', 'command', 'quantity'], { mode: 'COMMAND', adapter: 'PORTFOLIO' });
      assert.equal((await record.failed()).code, 21, items.join());
    }
    client.disconnect();
  });

  test('orders that cannot be are refused, and change nothing', async () => {
    const gus = await Table.open('gus');
    assert.match(await gus.order('sell stock.IBM 101'), /^deny -1 You do not have so many/);
    assert.match(await gus.order('buy stock.IBM 999901'), /^deny -1 Nobody may have so many/);
    for (const text of ['hold stock.IBM 1', 'buy stock.SCO 1', 'buy stock.IBM -1', 'buy stock.IBM', '']) {
      assert.match(await gus.order(text), /^deny -1 That is no order/, text);
    }
    await gus.shows({ 'stock.IBM': '100' });
    assert.equal(gus.record.updates.filter(({ snapshot, values }) => !snapshot && values.command !== 'UPDATE').length, 0);
    gus.close();
  });
});
