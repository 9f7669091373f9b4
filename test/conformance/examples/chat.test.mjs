// SPDX-License-Identifier: Apache-2.0
// The example adapter of the chat against the server: messages become lines, for all and in order,
// newcomers see the last ones, and names and lines that are not proper are refused.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client } from '../lib/client.mjs';
import { CppAdapter } from '../lib/cpp_adapter.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { until } from '../lib/wait.mjs';

describe('the chat', () => {
  let server;
  let adapter;

  before(async () => {
    const set = await adapterSet({ id: 'CHAT', metadata: {}, data: ['CHAT'] });
    server = await Server.start({ adapter_set: [set] });
    adapter = await CppAdapter.pair('chat', set);
  });
  after(async () => {
    await adapter?.stop();
    await server?.stop();
  });

  const enters = (user) => Client.connected(server.url, { set: 'CHAT', user });
  const listens = (client) => client.subscribe(['chat'], ['user', 'text', 'time'], { mode: 'DISTINCT', adapter: 'CHAT', snapshot: 'yes' }).active();
  const said = (record) => record.updates.map(({ values }) => `${values.user}: ${values.text}`);
  const hears = (record, ...lines) => until(() => `${lines}; heard: ${said(record)}`, () => lines.every((line) => said(record).includes(line)));

  test('what one says in the chat, all hear, with the name and the time', async () => {
    const [ann, bob] = [await enters('ann'), await enters('bob')];
    const [annHears, bobHears] = [await listens(ann), await listens(bob)];
    const start = Date.now();
    assert.equal(await ann.send('  hello <b>all</b> ', 'chat').outcome(), 'processed ');
    assert.equal(await bob.send('χαίρετε', 'chat').outcome(), 'processed ');
    for (const record of [annHears, bobHears]) {
      await hears(record, 'ann: hello <b>all</b>', 'bob: χαίρετε');
      const time = Number(record.updates[0].values.time);
      assert.ok(time >= start - 1000 && time <= Date.now() + 1000, `${time} is not now`);
    }
    ann.disconnect();
    bob.disconnect();
  });

  test('whoever comes into the chat is shown the last 50 lines, in order', async () => {
    const ann = await enters('ann');
    const sent = Array.from({ length: 60 }, (_, i) => ann.send(`line ${i}`, 'chat'));
    for (const one of sent) assert.equal(await one.outcome(), 'processed ');
    ann.disconnect();

    // Nobody has listened: this is the adapter's history, not the server's.
    const dora = await enters('dora');
    const record = await listens(dora);
    await until('the end of the snapshot', () => record.ends('chat') > 0);
    assert.deepEqual(said(record), Array.from({ length: 50 }, (_, i) => `ann: line ${i + 10}`));
    assert.ok(record.updates.every(({ snapshot }) => snapshot));
    dora.disconnect();
  });

  test('the chat refuses names that are not proper, and says why', async () => {
    for (const user of [undefined, '', 'ann bob', '<img>', 'x'.repeat(21)]) {
      const client = new Client(server.url, { set: 'CHAT', user });
      client.connect();
      const { code, message } = await client.failed();
      assert.equal(code, -1);
      assert.match(message, /A name is 1 to 20 letters/);
      client.disconnect();
    }
  });

  test('the chat refuses lines that are not proper, and nobody hears them', async () => {
    const ann = await enters('ann');
    const record = await listens(ann);
    for (const text of ['   ', 'two\nlines', 'x'.repeat(301)]) {
      assert.match(await ann.send(text, 'chat').outcome(), /^deny -2 A line has 1 to 300 characters/);
    }
    assert.equal(await ann.send('x'.repeat(300), 'chat').outcome(), 'processed ');
    await hears(record, `ann: ${'x'.repeat(300)}`);
    assert.ok(!said(record).some((line) => /two|x{301}|: *$/.test(line)));
    ann.disconnect();
  });

  test('the chat has one item, for mode DISTINCT only', async () => {
    const ann = await enters('ann');
    assert.equal((await ann.subscribe(['other'], ['text'], { mode: 'DISTINCT', adapter: 'CHAT' }).failed()).code, 21);
    assert.equal((await ann.subscribe(['chat'], ['text'], { mode: 'MERGE', adapter: 'CHAT' }).failed()).code, 24);
    ann.disconnect();
  });
});
