// SPDX-License-Identifier: Apache-2.0
// The smallest example adapter against the server: greets, ticks, refuses, and ends in order.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client } from '../lib/client.mjs';
import { CppAdapter, example } from '../lib/cpp_adapter.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { until } from '../lib/wait.mjs';

describe('hello', () => {
  let server;
  let adapter;
  let client;

  before(async () => {
    const set = await adapterSet({ id: 'HELLO', data: ['HELLO'] });
    server = await Server.start({ adapter_set: [set] });
    adapter = new CppAdapter([example('hello'), `tcp://127.0.0.1:${set.data_adapter[0].request_reply_port}`]);
    await adapter.says(': ready');
    client = await Client.connected(server.url, { set: 'HELLO' });
  });
  after(async () => {
    client?.disconnect();
    await adapter?.stop();
    await server?.stop();
  });

  test('hello greets whom the item names, and tells the time', async () => {
    const record = await client.subscribe(['ann', 'bob'], ['greeting', 'time'], { adapter: 'HELLO' }).active();
    await record.shows('ann', { greeting: 'Hello ann' });
    await record.shows('bob', { greeting: 'Hello bob' });
    const { time } = record.last('ann');
    assert.match(time, /^\d\d:\d\d:\d\d$/);
    await until('the next second', () => record.last('ann').time !== time);
  });

  test('hello has no greeting for nobody', async () => {
    const record = await client.subscribe(['nobody'], ['greeting'], { adapter: 'HELLO' }).active();
    await until(() => server.log.slice(-3000), () => /there is nobody to greet/.test(server.log));
    assert.deepEqual(record.updates, []);
  });
});
