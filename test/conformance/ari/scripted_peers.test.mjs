// SPDX-License-Identifier: Apache-2.0
// A16: the official SDKs for Java, .NET and Python, and the newer one for Node, are not run here:
// scripted peers replay what real ones were seen to do, and read as strictly as they. The SDK for
// Node that npm has is run in node_sdk.test.mjs.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client } from '../lib/client.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { never, until } from '../lib/wait.mjs';
import { DataPeer, MetadataPeer } from './sdk_peer.mjs';
import { kDotNet115, kJava14, kJava15, kJava17, kNode18, kPython131 } from './sdks.mjs';

const kValue = 'a|b,c%d+e # $ ü☃ \\';
const kItems = ['plain', 'it|em', 'a+b', '100%', '#', '$', 'caffè☃', 'eighth'];

async function world(sdk, body, { data = {}, metadata = {}, peer = {}, answers = {} } = {}) {
  const set = await adapterSet({ metadata, data: [{ name: 'QUOTES', ...(sdk.twoConnections && { notify_port: true }), ...data }] });
  const server = await Server.start({ adapter_set: [set] });
  try {
    const policy = await MetadataPeer.start(sdk, set.metadata_adapter, { answers });
    const feed = await DataPeer.start(sdk, set.data_adapter[0], peer);
    await body({ server, set, feed, policy });
    // No crash, and no zombie that only looks alive.
    for (const one of [policy, feed]) assert.deepEqual(one.faults, []);
  } finally {
    await server.stop();
  }
}

for (const sdk of [kJava17, kDotNet115, kPython131, kNode18, kJava15, kJava14]) {
  test(`A16: scripted ${sdk.name} peer: ${sdk.version}, a session from its start to its end, with a table of eight items`, () =>
    world(sdk, async ({ server, feed, policy }) => {
      const client = await Client.connected(server.url, { user: 'us er+ü', password: 'p+w|1 ☃' });
      const record = await client.subscribe(kItems, ['last', 'none'], { adapter: 'QUOTES' }).active();
      for (const item of kItems) await record.shows(item, { last: kValue, none: null });
      for (const item of kItems) feed.update(item, { last: '', none: kValue });
      for (const item of kItems) await record.shows(item, { last: '', none: kValue });
      assert.equal(await client.send('hel|lo + ☃').outcome(), 'processed ');
      const id = client.sessionId;
      client.unsubscribe(record);
      await record.ended();
      const { values: closed } = await policy.asked('NTC');
      client.disconnect();
      await policy.asked('NSC', ([session]) => session === id);
      for (const item of kItems) await feed.asked('USB', ([name]) => name === item);
      assert.deepEqual(client.errors, []);

      // What the peer understood of it, in the order of the protocol.
      const methods = policy.methods();
      const order = ['NUS', 'NNS', 'GIS', 'GSC', 'NNT', 'NUM', 'NTC', 'NSC'];
      assert.deepEqual(order.map((method) => methods.filter((one) => one === method).length), order.map(() => 1), methods.join());
      assert.deepEqual(order.toSorted((a, b) => methods.indexOf(a) - methods.indexOf(b)), order, methods.join());
      const [user, password, ...headers] = (await policy.asked('NUS')).values;
      assert.deepEqual([user, password], ['us er+ü', 'p+w|1 ☃']);
      assert.equal(headers[headers.indexOf('REQUEST_ID') + 1].length > 0, true);
      assert.deepEqual((await policy.asked('NUM')).values, ['us er+ü', id, 'hel|lo + ☃']);
      assert.deepEqual((await policy.asked('GIS')).values[1], kItems.join(' '));
      const [, , table] = (await policy.asked('NNT')).values;
      assert.deepEqual([table.mode, table.group, table.schema, table.min, table.max, table.selector], ['M', kItems.join(' '), 'last none', 1, 8, null]);
      assert.equal(table.adapter, sdk.version >= '1.9' ? 'QUOTES' : undefined);
      if (sdk.tables === 'all' && sdk.version >= '1.9') assert.deepEqual(table.items, kItems);
      assert.equal(closed[1].winIndex, table.winIndex);

      // One subscription of each item; to a 1.8 peer not a byte outside of ASCII was sent.
      assert.deepEqual(feed.requests.filter((one) => one.method === 'SUB').map((one) => one.values[0]).toSorted(), kItems.toSorted());
      if (sdk.version < '1.9') for (const line of [...policy.lines, ...feed.lines]) assert.match(line, /^[\x20-\x7e]*$/);
    }, { peer: { snapshots: { '*': { last: kValue, none: null } } } }));

  test(`A7, A16: scripted ${sdk.name} peer: subscriptions that are overtaken, answered ${sdk.lateSub === 'EU' ? 'too late' : 'never'}`, () =>
    world(sdk, async ({ server, feed }) => {
      const client = await Client.connected(server.url);
      const witness = await client.subscribe(['witness'], ['last'], { adapter: 'QUOTES' }).active();
      const requests = () => feed.requests.filter((one) => one.values[0] === 'slow').map((one) => one.method);
      for (let i = 1; i <= 2; ++i) {
        const record = await client.subscribe(['slow'], ['last'], { adapter: 'QUOTES' }).active();
        client.unsubscribe(record);
        await record.ended();
        await until('USB', () => requests().length === 2 * i);
      }
      const record = await client.subscribe(['slow'], ['last'], { adapter: 'QUOTES' }).active();
      await until('the last SUB', () => requests().length === 5);
      assert.deepEqual(requests(), ['SUB', 'USB', 'SUB', 'USB', 'SUB']);
      feed.release('slow');
      await record.shows('slow', { last: 'there' });
      assert.equal(feed.ids.get('slow'), feed.requests.findLast((one) => one.values[0] === 'slow').id);
      // Beyond the time of the answers that never come, too.
      await never('an error', () => record.errors.length > 0 || feed.closed, 700);
      for (const item of ['slow', 'witness']) feed.update(item, { last: 'still' });
      for (const [item, one] of [['slow', record], ['witness', witness]]) await one.shows(item, { last: 'still' });
      assert.deepEqual(client.errors, []);
      client.disconnect();
    }, { data: { timeout_millis: 300 }, peer: { snapshots: { '*': { last: 'there' } }, slow: ['slow'] } }));
}

for (const sdk of [kJava17, kPython131]) {
  test(`A16: scripted ${sdk.name} peer: keepalives before init is answered, which takes longer than timeout_millis`, () =>
    world({ ...sdk, keepaliveAtInit: true }, async ({ server, feed }) => {
      const client = await Client.connected(server.url);
      const record = await client.subscribe(['x'], ['last'], { adapter: 'QUOTES' }).active();
      await record.shows('x', { last: 'there' });
      assert.equal(feed.init['data_provider.name'], 'QUOTES');
      client.disconnect();
    }, { data: { timeout_millis: 200 }, peer: { initMillis: 600, snapshots: { '*': { last: 'there' } } } }));
}

test('A4, A16: scripted Python 1.3.1 peer: an item that is not ASCII is asked for in pure ASCII', () =>
  world(kPython131, async ({ server, feed }) => {
    const client = await Client.connected(server.url);
    const record = await client.subscribe(['caffè'], ['last'], { adapter: 'QUOTES' }).active();
    await record.shows('caffè', { last: 'ü' });
    assert.match(feed.lines.find((line) => line.includes('|SUB|')), /^[0-9A-Za-z]+\|SUB\|S\|caff%C3%A8$/);
    client.disconnect();
  }, { peer: { snapshots: { '*': { last: 'ü' } } } }));

test('A16: scripted Python 1.3.1 peer: bytes as Base64', () =>
  world(kPython131, async ({ server, feed }) => {
    const client = await Client.connected(server.url);
    const record = await client.subscribe(['item-nosnap'], ['pct_change', 'last_price', 'time'], { adapter: 'QUOTES' }).active();
    await feed.asked('SUB');
    feed.tell(`UD3|S|item-nosnap|S|${feed.ids.get('item-nosnap')}|B|0|S|pct_change|Y|MC40NA==|S|last_price|Y|Ni44Mg==|S|time|S|#`);
    await record.shows('item-nosnap', { pct_change: '0.44', last_price: '6.82', time: null });
    client.disconnect();
  }));

test('A16: scripted .NET 1.15 peer: events with an index in front of each field', () =>
  world(kDotNet115, async ({ server, feed }) => {
    const client = await Client.connected(server.url);
    const record = await client.subscribe(['indexed'], ['a', 'b'], { adapter: 'QUOTES' }).active();
    await feed.asked('SUB');
    feed.tell(`UD3|S|indexed|S|${feed.ids.get('indexed')}|B|0|I|0|S|a|S|1|I|1|S|b|S|caff%c3%a8`);
    await record.shows('indexed', { a: '1', b: 'caffè' });
    client.disconnect();
  }));

for (const sdk of [kJava15, kJava14]) {
  test(`A6, A16: scripted ${sdk.name} peer: credentials on both of its connections, behind a timestamp on the second`, async () => {
    const auth = { auth: true, credentials: [{ user: 'remote1', password: 'se cret|1' }] };
    await world(sdk, async ({ server, feed, set }) => {
      const client = await Client.connected(server.url);
      const record = await client.subscribe(['x'], ['last'], { adapter: 'QUOTES' }).active();
      await record.shows('x', { last: 'there' });
      feed.kill();
      const wrong = new DataPeer(sdk, { credentials: { user: 'remote1' } });
      await wrong.dial(set.data_adapter[0].request_reply_port, set.data_adapter[0].notify_port);
      await until('CLOSE', () => wrong.closeReason === 'wrong credentials');
      assert.equal(wrong.init, null);
      client.disconnect();
    }, { data: auth, peer: { credentials: { user: 'remote1', password: 'se cret|1' }, snapshots: { '*': { last: 'there' } } } });
  });
}

test('A6, A16: scripted Java 1.7 peer: told that its credentials are wrong, it comes back with the right ones', async () => {
  const set = await adapterSet({ data: [{ name: 'QUOTES', auth: true, credentials: [{ user: 'u', password: 'p' }] }] });
  const server = await Server.start({ adapter_set: [set] });
  const wrong = new DataPeer(kJava17, { credentials: { user: 'u', password: 'q' } });
  await wrong.dial(set.data_adapter[0].request_reply_port);
  await until('CLOSE', () => wrong.closeReason === 'wrong credentials');
  assert.deepEqual(wrong.lines, ['0|CLOSE|S|reason|S|wrong+credentials']);
  const right = await DataPeer.start(kJava17, set.data_adapter[0], { credentials: { user: 'u', password: 'p' } });
  assert.deepEqual([...wrong.faults, ...right.faults], []);
  await server.stop();
});
