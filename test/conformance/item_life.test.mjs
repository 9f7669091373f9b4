// SPDX-License-Identifier: Apache-2.0
// The life of an item as its adapter sees it, with clients on two shards.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/adapters.mjs';
import { Client } from './lib/client.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { never, until } from './lib/wait.mjs';

const kBrief = 400; // linger of the server `brief`
const servers = [];
const adapters = [];
let server; // items do not linger
let adapter;
let other; // a second Data Adapter of `server`
let lingering; // for longer than any test
let brief;
let prefiltered;

async function start(delivery, { data = ['DEFAULT'], policy } = {}) {
  const set = { ...(await adapterSet({ data })), policy };
  const one = await Server.start({ adapter_set: [set], server: { shards: 2 }, delivery });
  servers.push(one);
  const opened = [];
  for (const each of set.data_adapter) opened.push(await DataAdapter.start(each.request_reply_port, { snapshots: { '*': { a: '1' } } }));
  adapters.push(...opened);
  return [one, ...opened];
}

before(async () => {
  [server, adapter, other] = await start({}, { data: ['DEFAULT', 'OTHER'] });
  lingering = await start({ item_linger_millis: 600000 });
  brief = await start({ item_linger_millis: kBrief });
  prefiltered = await start({}, { policy: { prefilter_frequency: 10 } });
});
after(async () => {
  for (const one of adapters) one.kill();
  for (const one of servers) await one.stop();
});

const shardOf = (id) => id.split('T').at(-1);

// Opens clients until there is one on each of the two shards; `open` gives { id, close, ... }.
async function onBothShards(open) {
  const found = new Map();
  await until('a client on each shard', async () => {
    const one = await open();
    if (found.has(shardOf(one.id))) one.close();
    else found.set(shardOf(one.id), one);
    return found.size === 2;
  });
  return [...found.values()];
}

const rawClient = (port) => async () => {
  const socket = await TlcpSocket.session(port);
  return { socket, id: socket.sessionId, close: () => socket.control('LS_reqId=end&LS_op=destroy') };
};
const officialClient = (url) => async () => {
  const client = await Client.connected(url, { transport: 'WS-STREAMING' });
  return { client, id: client.sessionId, close: () => client.disconnect() };
};
const end = (...clients) => clients.forEach((one) => one.close());

test('one SUB for all clients of both shards, one USB when the last has gone', async () => {
  const items = ['life1', 'life2', 'life3', 'life4'];
  const pair = await onBothShards(rawClient(server.port));
  const more = await Promise.all(Array.from({ length: 8 }, rawClient(server.port)));
  const all = [...pair, ...more];
  await Promise.all(all.map(({ socket }) => socket.subscribe(1, items.join(' '), 'a')));
  for (const item of items) {
    await adapter.subscribed(item);
    adapter.update(item, { a: '2' });
  }
  for (const { socket } of all) for (const i of [1, 2, 3, 4]) await until('the update', () => socket.find(`U,1,${i},2`));
  for (const item of items) assert.equal(adapter.count(`SUB ${item}`), 1);
  end(...all.slice(1));
  await never('USB while one is left', () => items.some((item) => adapter.count(`USB ${item}`)), 200);
  end(all[0]);
  await until('USB of all', () => items.every((item) => adapter.count(`USB ${item}`) === 1));
});

test('SUB and USB alternate in a burst, and who is there in the end gets data', async () => {
  const pair = await onBothShards(rawClient(server.port));
  const items = ['burst1', 'burst2', 'burst3'];
  const kRounds = 60;
  for (let round = 0; round < kRounds; ++round) {
    for (const { socket } of pair) {
      const id = 10 + round;
      socket.control(
        items.map((item, i) => `LS_reqId=a${id}${i}&LS_op=add&LS_subId=${id}${i}&LS_mode=MERGE&LS_group=${item}&LS_schema=a&LS_snapshot=true`).join('\r\n'),
      );
      if (round < kRounds - 1) socket.control(items.map((_, i) => `LS_reqId=d${id}${i}&LS_op=delete&LS_subId=${id}${i}`).join('\r\n'));
    }
  }
  for (const [i, item] of items.entries()) {
    for (const { socket } of pair) await until(`data of ${item}`, () => socket.find(`U,${10 + kRounds - 1}${i},1,1`));
    const log = adapter.log.filter((line) => line.endsWith(` ${item}`));
    assert.deepEqual(log, log.map((_, at) => `${at % 2 ? 'USB' : 'SUB'} ${item}`));
    assert.equal(log.length % 2, 1);
  }
  assert.ok(!pair.some(({ socket }) => socket.find(/^REQERR/)));
  end(...pair);
});

test('a client that comes back in time finds its items subscribed, with what happened meanwhile', async () => {
  const [one, data] = lingering;
  const first = await Client.connected(one.url);
  await (await first.subscribe(['kept'], ['a', 'b']).active()).shows('kept', { a: '1' });
  const id = first.sessionId;
  first.disconnect();
  await until('the end of the session', () => new RegExp(`session=${id}.*closed|closed.*session=${id}`).test(one.log));
  data.update('kept', { b: 'meanwhile' });
  const second = await Client.connected(one.url);
  const record = await second.subscribe(['kept'], ['a', 'b']).active();
  await record.shows('kept', { a: '1', b: 'meanwhile' });
  data.update('kept', { b: 'live' });
  await record.shows('kept', { b: 'live' });
  assert.deepEqual(data.log.filter((line) => line.endsWith(' kept')), ['SUB kept']);
  second.disconnect();
});

test('an item that lingers may be had in another mode: it begins anew', async () => {
  const [one, data] = lingering;
  const first = await Client.connected(one.url);
  await (await first.subscribe(['turned'], ['a']).active()).shows('turned', { a: '1' });
  const id = first.sessionId;
  first.disconnect();
  await until('the end of the session', () => new RegExp(`session=${id}.*closed|closed.*session=${id}`).test(one.log));
  const second = await Client.connected(one.url);
  const record = await second.subscribe(['turned'], ['a'], { mode: 'DISTINCT' }).active();
  await record.lists('turned', 'a', ['1']);
  assert.deepEqual(data.log.filter((line) => line.endsWith(' turned')), ['SUB turned', 'USB turned', 'SUB turned']);
  second.disconnect();
});

test('nobody comes back: USB after the linger; an unsubscription does not linger', async () => {
  const [one, data] = brief;
  const client = await Client.connected(one.url);
  const left = await client.subscribe(['left'], ['a']).active();
  await left.shows('left', { a: '1' });
  const unwanted = await client.subscribe(['unwanted'], ['a']).active();
  await unwanted.shows('unwanted', { a: '1' });
  client.unsubscribe(unwanted);
  await until('USB', () => data.count('USB unwanted') === 1);
  const before = performance.now();
  client.disconnect();
  await until('USB', () => data.count('USB left') === 1);
  const waited = performance.now() - before;
  assert.ok(waited > kBrief * 0.9, `${waited} ms`);
});

test('late events of an old subscription reach nobody', async () => {
  const client = await Client.connected(server.url);
  const first = await client.subscribe(['late'], ['a']).active();
  await first.shows('late', { a: '1' });
  const old = adapter.active.get('late');
  client.unsubscribe(first);
  await until('USB', () => adapter.count('USB late') === 1);
  adapter.update('late', { a: 'too late' }, false, old);
  const second = await client.subscribe(['late'], ['a']).active();
  await second.shows('late', { a: '1' });
  adapter.update('late', { a: 'of the old one' }, false, old);
  adapter.update('late', { a: 'of the new one' });
  await second.shows('late', { a: 'of the new one' });
  assert.deepEqual(second.list('late', 'a'), ['1', 'of the new one']);
  client.disconnect();
});

test('an item that the adapter refuses: a warning in the log, and other items go on', async () => {
  adapter.refusals.set('refused', 'EU|no such item');
  const client = await Client.connected(server.url);
  const refused = await client.subscribe(['refused'], ['a']).active();
  const good = await client.subscribe(['good'], ['a']).active();
  await good.shows('good', { a: '1' });
  await until('the warning', () => /warn.*refused an item.*item="?refused"?.*no such item/i.test(server.log));
  adapter.update('refused', { a: 'of a failed subscription' });
  adapter.update('good', { a: '2' });
  await good.shows('good', { a: '2' });
  assert.equal(refused.updates.length, 0);
  assert.deepEqual(refused.errors, []);

  // It is tried again once nobody has it.
  adapter.refusals.delete('refused');
  client.unsubscribe(refused);
  await until('USB', () => adapter.count('USB refused') === 1);
  const again = await client.subscribe(['refused'], ['a']).active();
  await again.shows('refused', { a: '1' });
  client.disconnect();
});

test('MERGE, DISTINCT and COMMAND exclude each other on an item, across shards; RAW goes with each', async () => {
  const [{ client: one }, { client: two }] = await onBothShards(officialClient(server.url));
  const schema = ['key', 'command', 'a'];
  const modes = ['MERGE', 'DISTINCT', 'COMMAND'];
  for (const [i, mode] of [...modes, ...modes].entries()) {
    // Names enough that both shards own some.
    const item = `mode${i}`;
    const record = await one.subscribe([item], schema, { mode }).active();
    for (const client of [one, two]) {
      for (const wrong of modes.filter((each) => each !== mode)) {
        const error = await client.subscribe([item], schema, { mode: wrong }).failed();
        assert.equal(error.code, 24, `${wrong} beside ${mode}`);
      }
    }
    const same = await two.subscribe([item], schema, { mode }).active();
    const raw = await two.subscribe([item], schema, { mode: 'RAW' }).active();
    await adapter.subscribed(item);
    adapter.row(item, 'ADD', 'k', { a: `live${i}` });
    for (const each of [record, same, raw]) await until('the event', () => each.last(item)?.a === `live${i}`);
    assert.equal(adapter.count(`SUB ${item}`), 1);

    // Another mode is free once the last of this one has gone.
    one.unsubscribe(record);
    two.unsubscribe(same);
    await record.ended();
    await same.ended();
    const next = modes[(modes.indexOf(mode) + 1) % 3];
    const turned = await until('the other mode', async () => {
      const tried = one.subscribe([item], schema, { mode: next });
      await until('an answer', () => tried.state === 'subscribed' || tried.errors.length > 0);
      return tried.state === 'subscribed' ? tried : null;
    });
    adapter.row(item, 'ADD', 'k2', { a: `again${i}` });
    await until('the event', () => turned.last(item)?.a === `again${i}`);
  }
  one.disconnect();
  two.disconnect();
});

test('a prefilter thins the feed for all clients alike, and keeps the last value', async () => {
  const [one, data] = prefiltered;
  const pair = await onBothShards(officialClient(one.url));
  for (const mode of ['MERGE', 'DISTINCT']) {
    const item = `thin-${mode}`;
    const records = [];
    for (const { client } of pair) records.push(await client.subscribe([item], ['a', 'early'], { mode }).active());
    for (const record of records) await record.shows(item, { a: '1' });
    const since = performance.now();
    data.update(item, { a: '2', early: 'kept' });
    for (const record of records) await record.shows(item, { a: '2' });
    const stop = data.feed(300, (n) => data.update(item, { a: `f${n}` }));
    await until('updates', () => records[0].updates.length >= 10);
    const sent = stop();
    for (const record of records) await record.shows(item, { a: `f${sent - 1}` });
    // On a slow machine a client of MERGE is spared what another one is told, but what they are told comes
    // from the same few.
    if (mode === 'DISTINCT') assert.deepEqual(records[0].list(item, 'a'), records[1].list(item, 'a'));
    const live = new Set(records.flatMap((record) => record.list(item, 'a').slice(1)));
    const seconds = (Math.max(...records.map((record) => record.updates.at(-1).at)) - since) / 1000;
    assert.ok(live.size - 1 <= 10 * seconds + 2, `${live.size} updates in ${seconds} s`);
    assert.equal(records[0].last(item).early, mode === 'MERGE' ? 'kept' : null);
  }
  end(...pair);
});

test('items of one name in two Data Adapters know nothing of each other', async () => {
  const [{ client: one }, { client: two }] = await onBothShards(officialClient(server.url));
  const mine = await one.subscribe(['same'], ['key', 'command', 'a'], { mode: 'COMMAND' }).active();
  const theirs = await two.subscribe(['same'], ['a'], { adapter: 'OTHER' }).active();
  await theirs.shows('same', { a: '1' });
  await adapter.subscribed('same');
  adapter.row('same', 'ADD', 'k', { a: 'mine' });
  other.update('same', { a: 'theirs' });
  await theirs.shows('same', { a: 'theirs' });
  await until('the row', () => mine.subscription.getCommandValue('same', 'k', 'a') === 'mine');
  one.unsubscribe(mine);
  await until('USB', () => adapter.count('USB same') === 1);
  other.update('same', { a: 'still here' });
  await theirs.shows('same', { a: 'still here' });
  assert.equal(other.count('USB same'), 0);
  one.disconnect();
  two.disconnect();
});
