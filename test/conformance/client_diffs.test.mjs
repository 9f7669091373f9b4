// SPDX-License-Identifier: Apache-2.0
// Values sent as differences: what a client has in the end is what the adapter sent.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { Client } from './lib/client.mjs';
import { startProxy } from './lib/refusing_proxy.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { pause, until } from './lib/wait.mjs';
import { applyPatch, applyTlcpDiff, Decoder, JsonDocument, randomNumbers, sameValue, TextDocument } from './lib/values.mjs';

const kFields = ['n', 'json', 'text'];
const kUnfiltered = '&LS_requested_max_frequency=unfiltered';
let server; // no diffs unless the adapter declares them
let small; // and a small buffer
let eager; // diffs unless the adapter declares otherwise
let whole; // no deltas at all
const adapters = new Map();

async function start(delivery) {
  const set = await adapterSet();
  const one = await Server.start({ adapter_set: [set], server: { shards: 2 }, delivery });
  adapters.set(one, await DataAdapter.start(set.data_adapter[0].request_reply_port));
  return one;
}

before(async () => {
  server = await start({});
  small = await start({ buffer_max_events: 20, send_backlog_bytes: 4096 });
  eager = await start({ default_diff_order: ['jsonpatch', 'diff_match_patch'] });
  whole = await start({ delta_delivery: false, default_diff_order: ['jsonpatch', 'diff_match_patch'] });
});
after(async () => {
  for (const [one, adapter] of adapters) {
    adapter.kill();
    await one.stop();
  }
});

// What was sent of an item, by number; sends it.
class Feed {
  sent = [];

  constructor(item, seed, on = server, orders = { json: 'J', text: 'M' }) {
    this.item = item;
    this.adapter = adapters.get(on);
    const random = randomNumbers(seed);
    this.json = new JsonDocument(random);
    this.text = new TextDocument(random);
    this.#next();
    this.adapter.orders.set(item, orders);
    this.adapter.snapshots.set(item, () => ({ n: String(this.sent.length - 1), ...this.sent.at(-1) }));
  }
  #next() {
    this.sent.push({ json: this.json.next(), text: this.text.next() });
  }
  send(count, extra = {}) {
    this.adapter.burst(() => {
      for (; count > 0; --count) {
        this.#next();
        this.adapter.update(this.item, { n: this.last, ...this.sent.at(-1), ...extra });
      }
    });
  }
  get last() {
    return String(this.sent.length - 1);
  }
  get bytes() {
    return this.sent.reduce((sum, { json, text }) => sum + Buffer.byteLength(json) + Buffer.byteLength(text), 0);
  }
  check({ n, json, text }) {
    const sent = this.sent[n];
    assert.ok(sent, `update ${n}`);
    assert.ok(sameValue(json, sent.json), `json ${n}: ${JSON.stringify(json)}\nwas sent as ${sent.json}`);
    assert.equal(text, sent.text, `text ${n}`);
  }
  // The same of what the official client was told.
  checkRecord(record) {
    for (const { values } of record.of(this.item)) {
      const { n, json, text } = values;
      this.check({ n, json: { json: JSON.parse(json) }, text });
    }
  }
}

async function listen(feeds, options = {}, on = server) {
  const check = (position, values) => feeds[position - 1].check(values);
  const raw = await Decoder.open(on.port, feeds.map((feed) => feed.item), kFields, { check, ...options });
  for (const feed of feeds) await feed.adapter.subscribed(feed.item);
  return raw;
}

test('the tools of this test: RFC 6902 and the TLCP-diff of its specification', () => {
  assert.equal(applyTlcpDiff('foobar', 'bdzapcd'), 'fzapbar');
  assert.equal(applyTlcpDiff('abcdefghijklmnopqrstuvwxyz1', 'aaBab'), '1');
  assert.equal(applyTlcpDiff('foo', 'dg%$=,+|'), 'foo%$=,+|');
  const patch = [
    { op: 'add', path: '/a/1', value: 'x' },
    { op: 'move', from: '/b~1c', path: '/d' },
    { op: 'copy', from: '/a', path: '/e' },
    { op: 'remove', path: '/a/0' },
    { op: 'replace', path: '/m~0n', value: null },
    { op: 'test', path: '/d', value: 3 },
  ];
  assert.deepEqual(applyPatch({ a: [1, 2], 'b/c': 3, 'm~n': 4 }, patch), { a: ['x', 2], d: 3, e: [1, 'x', 2], 'm~n': null });
});

for (const [mode, extra] of [['MERGE', kUnfiltered], ['DISTINCT', ''], ['RAW', '']]) {
  test(`${mode}: each of many documents arrives as it was sent`, async () => {
    const feeds = [1, 2].map((i) => new Feed(`each-${mode}-${i}`, 100 * i + mode.length));
    const raw = await listen(feeds, { mode, extra });
    const official = await Client.connected(server.url, { transport: 'WS-STREAMING' });
    const patches = [];
    const configure = (subscription) => {
      if (mode !== 'RAW') subscription.setRequestedMaxFrequency('unfiltered');
      subscription.addListener({ onItemUpdate: (update) => patches.push(update.getValueAsJSONPatchIfAvailable('json')) });
    };
    const record = await official.subscribe(feeds.map((feed) => feed.item), kFields, { mode, configure }).active();
    for (const feed of feeds) await feed.adapter.subscribed(feed.item);
    for (let round = 0; round < 8; ++round) {
      for (const feed of feeds) feed.send(100);
      await raw.settled('n', feeds[0].last, 2);
      for (const feed of feeds) await record.shows(feed.item, { n: feed.last });
    }
    for (const feed of feeds) {
      const first = mode === 'RAW' ? 1 : 0;
      assert.deepEqual(record.list(feed.item, 'n'), feed.sent.map((_, n) => String(n)).slice(first));
      feed.checkRecord(record);
    }
    assert.ok(patches.filter(Boolean).length > 1000, 'the client was given patches');
    assert.ok(raw.count('patches') > 1000 && raw.count('diffs') > 800, `${raw.count('patches')} ^P, ${raw.count('diffs')} ^T`);
    const all = feeds[0].bytes + feeds[1].bytes;
    assert.ok(raw.bytes < all / 2, `${raw.bytes} bytes for ${all}`);
    assert.deepEqual(official.errors, []);
    raw.close();
    official.disconnect();
  });
}

test('COMMAND: rows as differences to the last update, whatever its key', async () => {
  const feed = new Feed('rows', 7);
  feed.adapter.snapshots.delete('rows');
  const fields = ['key', 'command', ...kFields];
  const raw = await Decoder.open(server.port, ['rows'], fields, { mode: 'COMMAND', extra: kUnfiltered, check: (_, values) => feed.check(values) });
  const official = await Client.connected(server.url);
  const record = await official.subscribe(['rows'], fields, { mode: 'COMMAND', configure: (subscription) => subscription.setRequestedMaxFrequency('unfiltered') }).active();
  await until('the end of the snapshot', () => record.ends('rows') === 1);
  for (let i = 0; i < 400; ++i) feed.send(1, { key: `k${i % 3}`, command: 'UPDATE' });
  await raw.settled('n', feed.last);
  await record.shows('rows', { n: feed.last });
  assert.equal(record.updates.length, 400);
  feed.checkRecord(record);
  assert.ok(raw.count('patches') > 200 && raw.count('diffs') > 100);
  raw.close();
  official.disconnect();
});

test('under a frequency limit the differences span what was left out', async () => {
  const feed = new Feed('slow', 11);
  const raw = await listen([feed], { extra: '&LS_requested_max_frequency=30' });
  const official = await Client.connected(server.url);
  const record = await official.subscribe(['slow'], kFields, { configure: (subscription) => subscription.setRequestedMaxFrequency(20) }).active();
  const stop = feed.adapter.feed(150, () => feed.send(1));
  await until('updates', () => raw.failure || (raw.count('patches') >= 5 && record.updates.length >= 15));
  stop();
  await raw.settled('n', feed.last);
  await record.shows('slow', { n: feed.last });
  feed.checkRecord(record);
  assert.ok(record.updates.length < feed.sent.length / 2, 'updates were left out');
  raw.close();
  official.disconnect();
});

test('a stalled reader: filtered, and unfiltered with losses', async () => {
  const feed = new Feed('stalled', 13, small);
  const filler = 'x'.repeat(16000);
  const proxy = await startProxy(small.port, { upgrades: 'pass' });
  const fields = [...kFields, 'filler'];
  const check = (_, values) => feed.check(values);
  const open = (extra) => Decoder.open(small.port, ['stalled'], fields, { extra, check });
  const raws = [await open(''), await open(kUnfiltered)];
  const official = await Client.connected(proxy.url, { transport: 'WS-STREAMING', configure: Client.patient });
  const record = await official.subscribe(['stalled'], fields).active();
  const witness = await listen([feed], {}, small);
  await witness.settled('n', feed.last);
  for (let round = 0; round < 2; ++round) {
    raws.forEach((raw) => raw.socket.raw.pause());
    proxy.stall();
    for (let i = 0; i < 250; ++i) feed.send(1, { filler: filler + i + round });
    await witness.settled('n', feed.last);
    raws.forEach((raw) => raw.socket.raw.resume());
    proxy.resume();
    for (const raw of raws) await raw.settled('n', feed.last);
    await record.shows('stalled', { n: feed.last });
    for (let i = 0; i < 6; ++i) {
      feed.send(1); // and it goes on from there
      for (const raw of raws) await raw.settled('n', feed.last);
      await record.shows('stalled', { n: feed.last });
    }
  }
  feed.checkRecord(record);
  assert.ok(record.updates.length < 400, 'updates were left out');
  assert.ok(raws[1].lost > 0, 'updates were lost');
  for (const raw of raws) assert.ok(raw.count('patches') > 5, `${raw.count('patches')} patches`);
  [...raws, witness].forEach((raw) => raw.close());
  official.disconnect();
  proxy.stop();
});

test('a hundred clients, each in a state of its own', async () => {
  const feed = new Feed('crowd', 17);
  const kinds = {
    params: ['', '&LS_supported_diffs=P', '&LS_supported_diffs=T', '&LS_supported_diffs=', '&LS_supported_diffs=P,T'],
    extra: ['', kUnfiltered, '&LS_requested_max_frequency=40', '&LS_requested_max_frequency=7', '&LS_requested_buffer_size=10'],
  };
  const clients = [];
  const officials = [];
  for (let wave = 0; wave < 10; ++wave) {
    const joined = await Promise.all(Array.from({ length: 10 }, (_, i) => {
      const at = clients.length + i;
      return listen([feed], { params: kinds.params[at % 5], extra: kinds.extra[Math.floor(at / 5) % 5] });
    }));
    clients.push(...joined);
    if (wave % 3 === 0) {
      const official = await Client.connected(server.url, { transport: wave % 2 ? 'HTTP-STREAMING' : 'WS-STREAMING' });
      officials.push({ official, record: await official.subscribe(['crowd'], kFields).active() });
    }
    const sleepers = clients.filter((_, i) => i % 7 === wave % 7);
    sleepers.forEach((client) => client.socket.raw.pause());
    for (let i = 0; i < 10; ++i) {
      feed.send(4);
      await pause(5);
    }
    sleepers.forEach((client) => client.socket.raw.resume());
  }
  await Promise.all(clients.map((client) => client.settled('n', feed.last)));
  for (const { official, record } of officials) {
    await record.shows('crowd', { n: feed.last });
    feed.checkRecord(record);
    official.disconnect();
  }
  const sum = (kind, of) => clients.filter((_, i) => of.includes(i % 5)).reduce((total, client) => total + client.count(kind), 0);
  assert.ok(sum('patches', [0, 1, 4]) > 500 && sum('diffs', [0, 2, 4]) > 500);
  assert.equal(sum('patches', [2, 3]), 0, 'patches for clients that cannot read them');
  assert.equal(sum('diffs', [1, 3]), 0, 'diffs for clients that cannot read them');
  clients.forEach((client) => client.close());
});

test('a client of TLCP 2.3.0 gets whole values', async () => {
  const feed = new Feed('old', 19);
  const old = await listen([feed], { protocol: 'TLCP-2.3.0.lightstreamer.com', extra: kUnfiltered });
  const now = await listen([feed], { extra: kUnfiltered });
  feed.send(50);
  for (const raw of [old, now]) await raw.settled('n', feed.last);
  assert.deepEqual([old.count('patches'), old.count('diffs')], [0, 0]);
  assert.ok(now.count('patches') > 20 && now.count('diffs') > 10);
  [old, now].forEach((raw) => raw.close());
});

test('the first declaration of a field holds, and none after it was used', async () => {
  const kinds = { first: { orders: { json: 'J', text: '' }, then: { json: '', text: 'M' }, patches: true, diffs: false },
    used: { orders: {}, then: { json: 'J', text: 'M' }, patches: false, diffs: false } };
  for (const [name, { orders, then, patches, diffs }] of Object.entries(kinds)) {
    const feed = new Feed(`dfd-${name}`, 23, server, orders);
    const raw = await listen([feed], { extra: kUnfiltered });
    feed.send(1);
    feed.adapter.diffs(feed.item, then);
    feed.send(50);
    await raw.settled('n', feed.last);
    assert.deepEqual([raw.count('patches') > 0, raw.count('diffs') > 0], [patches, diffs], name);
    raw.close();
  }
});

test('a declaration is of one subscription: the next one starts without', async () => {
  const feed = new Feed('again', 29);
  const first = await listen([feed], { extra: kUnfiltered });
  feed.send(20);
  await first.settled('n', feed.last);
  assert.ok(first.count('patches') > 0);
  feed.adapter.orders.delete('again');
  first.socket.control('LS_reqId=end&LS_op=destroy');
  await until('USB', () => !feed.adapter.active.has('again'));
  const second = await listen([feed], { extra: kUnfiltered });
  feed.send(20);
  await second.settled('n', feed.last);
  assert.deepEqual([second.count('patches'), second.count('diffs')], [0, 0]);
  second.close();
});

test('default_diff_order: diffs where the adapter says nothing, but none where it wants none', async () => {
  for (const [name, orders, wanted] of [['free', {}, true], ['null', { json: null, text: null }, true], ['never', { json: '', text: '' }, false]]) {
    const feed = new Feed(name, 31, eager, orders);
    const raw = await listen([feed], { extra: kUnfiltered }, eager);
    feed.send(60);
    await raw.settled('n', feed.last);
    assert.deepEqual([raw.count('patches') > 10, raw.count('diffs') > 10], [wanted, wanted], name);
    raw.close();
  }
});

test('delta_delivery = false: every update has every field, whole', async () => {
  const feed = new Feed('whole', 41, whole);
  const fields = [...kFields, 'constant'];
  for (const [mode, extra] of [['MERGE', ''], ['MERGE', kUnfiltered]]) {
    const raw = await Decoder.open(whole.port, ['whole'], fields, { mode, extra, check: (_, values) => feed.check(values) });
    await feed.adapter.subscribed('whole');
    feed.send(1, { constant: 'c' });
    await raw.settled('n', feed.last);
    feed.send(30);
    await raw.settled('n', feed.last);
    assert.deepEqual(['unchanged', 'patches', 'diffs'].map((kind) => raw.count(kind)), [0, 0, 0]);
    assert.equal(raw.last.get('1').constant, 'c');
    raw.close();
  }
});
