// SPDX-License-Identifier: Apache-2.0
// How fast a session is served: limits of bandwidth and frequency, who sets them, what they count, who has his turn,
// and how old what comes is.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { Authority, files } from './lib/certs.mjs';
import { Client } from './lib/client.mjs';
import { CuttingProxy } from './lib/cutting_proxy.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { pause, until } from './lib/wait.mjs';

const kCap = 80; // kbit/s, of the server
const kAllowed = 60; // of the set that allows less
const authority = new Authority();
let server;
let secure;
let adapter;
let other;

before(async () => {
  const set = await adapterSet();
  const allowed = { ...(await adapterSet({ id: 'ALLOWED' })), policy: { max_bandwidth_kbps: kAllowed, max_frequency: 20 } };
  const tlsPort = await freePort();
  server = await Server.start({
    adapter_set: [set, allowed],
    listener: [{}, { name: 'tls', port: tlsPort, tls: { certificates: [files(authority.sign('server'))] } }],
    delivery: { bandwidth_max_kbps: kCap },
    http: { compression: 'on' },
  });
  secure = { port: tlsPort, ca: authority.pem };
  adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { n: '0' } } });
  other = await DataAdapter.start(allowed.data_adapter[0].request_reply_port, { snapshots: { '*': { n: '0' } } });
});
after(async () => {
  adapter?.kill();
  other?.kill();
  await server?.stop();
  authority.remove();
});

// A client, and what it is told of its bandwidth, each time that it changes; `granted` at its start.
async function connected({ set, wanted, granted = kCap, transport, url = server.url } = {}) {
  const told = [];
  const client = await Client.connected(url, {
    set,
    transport,
    configure: (one) => {
      if (wanted) one.connectionOptions.setRequestedMaxBandwidth(wanted);
      one.addListener({ onPropertyChange: (name) => name === 'realMaxBandwidth' && told.push(Number(one.connectionOptions.getRealMaxBandwidth())) });
    },
  });
  const tells = (kbps) => until(() => `realMaxBandwidth ${kbps}; it was ${told.join(', ')}`, () => told.at(-1) === kbps);
  const ask = async (bandwidth, kbps) => {
    client.client.connectionOptions.setRequestedMaxBandwidth(bandwidth);
    await tells(kbps);
  };
  await tells(granted);
  return { client, told, ask };
}

test('the least of what the client asks for, the adapter allows and the server caps, from the start and while it runs', async () => {
  const nobody = await connected({ granted: kCap });
  const adapters = await connected({ set: 'ALLOWED', granted: kAllowed });
  const own = await connected({ set: 'ALLOWED', wanted: 40, granted: 40 });
  await own.ask(20, 20);
  await own.ask(70, kAllowed);
  await own.ask(10, 10);
  await own.ask('unlimited', kAllowed);
  await nobody.ask(30.5, 30.5);
  await nobody.ask(1000, kCap);
  for (const { client } of [nobody, adapters, own]) client.disconnect();
});

// Measures for so long, and on until `good()`: what a machine that stands still for a moment does to a mean wears off,
// what is wrong with it does not.
async function settles(what, millis, good) {
  await pause(millis);
  await until(what, good);
}

// That so many bytes a second come through a cable, on the mean.
async function carries(cable, kbps, millis, what) {
  const [bytes, start] = [cable.fromServer, performance.now()];
  const rate = () => ((cable.fromServer - bytes) * 1000) / (performance.now() - start);
  await settles(() => `${what}: ${rate().toFixed()} bytes/s, the limit is ${kbps * 125}`, millis, () => Math.abs(rate() / (kbps * 125) - 1) < 0.08);
}

// Items enough that each write of a slow machine has a lot to say.
const kNames = Array.from({ length: 50 }, (_, i) => `chatter${i}`);
// Small lines, so that what is around them matters.
const chatter = () => adapter.feed(1500, (n) => adapter.update(kNames[n % kNames.length], { n: String(n) }));

describe('the limit is of bytes on the wire', () => {
  for (const transport of ['WS-STREAMING', 'HTTP-STREAMING', 'HTTP-POLLING']) {
    test(`${transport}, the official client, and another limit while it runs`, async () => {
      const cable = await CuttingProxy.start(server.port);
      const { client, ask } = await connected({ transport, wanted: 24, granted: 24, url: cable.url });
      await client.subscribe(kNames, ['n']).active();
      const stop = chatter();
      await pause(1500);
      await carries(cable, 24, 2000, transport);
      await ask(60, 60);
      await pause(500);
      await carries(cable, 60, 1500, transport);
      await ask(8, 8);
      await pause(1000);
      await carries(cable, 8, 5000, transport); // an answer to a poll more or less matters little
      stop();
      client.disconnect();
      cable.stop();
    });
  }

  test('WebSocket over TLS: with its records', async () => {
    const cable = await CuttingProxy.start(secure.port);
    const socket = await TlcpSocket.session(cable.port, { secure: { ca: secure.ca }, params: '&LS_requested_max_bandwidth=24' });
    await socket.subscribe(1, kNames.join(' '), 'n');
    const stop = chatter();
    await pause(1500);
    await carries(cable, 24, 2000, 'TLS');
    stop();
    socket.terminate();
    cable.stop();
  });
});

test('within the limit the items take turns: a rare one is never starved, and what comes is the newest', async () => {
  const socket = await TlcpSocket.session(server.port, { params: '&LS_requested_max_bandwidth=8' });
  const got = [[], [], [], [], []]; // by item, from 1: { age, n }
  socket.onLine = (line) => {
    const found = /^U,2,(\d),(\d+)\|([\d.]+)/.exec(line);
    if (found) got[found[1]].push({ n: Number(found[2]), age: performance.now() - Number(found[3]) });
    return found;
  };
  await socket.subscribe(2, 'turn1 turn2 turn3 rare', 'n at filler', '&LS_requested_buffer_size=1');
  const value = (n) => ({ n: String(n), at: performance.now().toFixed(1), filler: 'x'.repeat(40) + n });
  const stops = [adapter.feed(600, (n) => adapter.update(`turn${(n % 3) + 1}`, value(n))), adapter.feed(1, (n) => adapter.update('rare', value(n)))];
  await pause(1500);
  got.forEach((list) => list.splice(0));
  await pause(5000);
  const rare = stops.map((stop) => stop())[1];
  const chatty = got.slice(1, 4);
  const mean = chatty.reduce((sum, list) => sum + list.length, 0) / 3;
  assert.ok(mean > 10 && mean < 30, `${mean} of each in 5 s`);
  for (const list of chatty) assert.ok(Math.abs(list.length - mean) <= Math.max(2, mean / 10), `${got.map((one) => one.length)}`);
  // Each of its values, at the latest when the three others have had their turn.
  assert.ok(got[4].length >= 4 && got[4].length >= rare - 3, `${got[4].length} of ${rare}`);
  assert.ok(Math.max(...got[4].map(({ age }) => age)) < 2000, JSON.stringify(got[4]));
  const ages = chatty.flat().map(({ age }) => age).sort((a, b) => a - b);
  assert.ok(ages[Math.floor(ages.length / 2)] < 80, `ages ${ages.map(Math.round)}`); // what waits for its turn is three times as old
  socket.terminate();
});

test('a frequency holds what comes to the newest, too', async () => {
  const { client } = await connected();
  const record = await client.subscribe(['fresh'], ['at'], { configure: (subscription) => subscription.setRequestedMaxFrequency(2) }).active();
  const stop = adapter.feed(200, () => adapter.update('fresh', { at: performance.now().toFixed(1) }));
  await until('updates', () => record.updates.length >= 8);
  stop();
  const ages = record.updates.slice(1, -1).map(({ at, values }) => at - Number(values.at)).sort((a, b) => a - b);
  assert.ok(ages[Math.floor(ages.length / 2)] < 100, `ages ${ages.map(Math.round)}`);
  client.disconnect();
});

test('a frequency of COMMAND is of each key, and changes while it is active', async () => {
  const { client } = await connected();
  const configure = (subscription) => subscription.setRequestedMaxFrequency(10);
  const record = await client.subscribe(['keyed'], ['key', 'command', 'n'], { mode: 'COMMAND', configure }).active();
  await adapter.subscribed('keyed');
  for (const key of ['a', 'b']) adapter.row('keyed', 'ADD', key, { n: 'first' });
  const stop = adapter.feed(300, (n) => adapter.row('keyed', 'UPDATE', n % 2 ? 'a' : 'b', { n: String(n) }));
  const perSecond = async (millis, good) => {
    const [before, start] = [record.updates.length, performance.now()];
    const rates = () => {
      const mine = record.updates.slice(before);
      return ['a', 'b'].map((key) => (mine.filter(({ values }) => values.key === key).length * 1000) / (performance.now() - start));
    };
    await settles(() => `${rates()} a second`, millis, () => rates().every(good));
  };
  const about = (wanted) => (one) => Math.abs(one - wanted) <= Math.max(1, wanted / 5);
  await until('rows', () => record.updates.length > 10);
  await perSecond(2000, about(10));
  record.subscription.setRequestedMaxFrequency(3);
  await until('the new frequency', () => Number(record.frequencies.at(-1)) === 3);
  await pause(500);
  await perSecond(3000, about(3));
  record.subscription.setRequestedMaxFrequency('unlimited');
  await until('no frequency', () => record.frequencies.at(-1) === 'unlimited');
  await perSecond(1000, (one) => one > 20);
  stop();
  client.disconnect();
});

test('onRealMaxFrequency: what the adapter allows bounds what the client asks for while it runs', async () => {
  const { client } = await connected({ set: 'ALLOWED', granted: kAllowed });
  const record = await client.subscribe(['x'], ['n'], { configure: (subscription) => subscription.setRequestedMaxFrequency(5) }).active();
  for (const [asked, granted] of [[50, 20], [1, 1], ['unlimited', 20]]) {
    record.subscription.setRequestedMaxFrequency(asked);
    await until(() => `${granted}; told ${record.frequencies}`, () => Number(record.frequencies.at(-1)) === granted);
  }
  client.disconnect();
});

test('a frequency that somebody else has set is not shaken off by asking for one again and again', async () => {
  const socket = await TlcpSocket.session(server.port, { set: 'ALLOWED' });
  await socket.subscribe(1, 'asked', 'n');
  await socket.subscribe(2, 'rows', 'key command n', '', 'COMMAND');
  await other.subscribed('rows');
  other.row('rows', 'ADD', 'k', { n: '0' });
  const stop = other.feed(500, (n) => (other.update('asked', { n: String(n) }), other.row('rows', 'UPDATE', 'k', { n: String(n) })));
  await pause(500);
  const lines = () => [1, 2].map((id) => socket.all.filter((line) => line.startsWith(`U,${id},`)).length);
  const before = lines();
  let asked = 0;
  const start = performance.now();
  for (; performance.now() < start + 4000; await pause(25)) {
    for (const id of [1, 2]) socket.send(`control\r\nLS_reqId=r${++asked}&LS_op=reconf&LS_subId=${id}&LS_requested_max_frequency=${asked % 3 ? 'unlimited' : 1000}`);
  }
  const told = lines().map((count, i) => count - before[i]);
  stop();
  const due = (20 * (performance.now() - start)) / 1000;
  // Each wish would bring one more.
  for (const one of told) assert.ok(one > due / 2 && one < due * 1.2 + 6, `${told} of ${due}, and ${asked} wishes`);
  socket.terminate();
});

// Bytes in the kernel, as { sent, unread }: those that `port` has for `peer` and that peer has not read.
function queued(port, peer) {
  const hex = (number) => number.toString(16).toUpperCase().padStart(4, '0');
  const found = { sent: 0, unread: 0 };
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
      const [, local, remote, , queues] = line.trim().split(/\s+/);
      if (local?.endsWith(`:${hex(port)}`) && remote.endsWith(`:${hex(peer)}`)) found.sent = parseInt(queues.split(':')[0], 16);
      if (local?.endsWith(`:${hex(peer)}`) && remote.endsWith(`:${hex(port)}`)) found.unread = parseInt(queues.split(':')[1], 16);
    }
  }
  return found;
}

test('little that is stale is on its way: the kernel is given no more than a client is about to take', async () => {
  const set = await adapterSet();
  const free = await Server.start({ adapter_set: [set] });
  const source = await DataAdapter.start(set.data_adapter[0].request_reply_port);
  const socket = await TlcpSocket.session(free.port);
  await socket.subscribe(1, 'big', 'n filler');
  await source.subscribed('big');
  const witness = await TlcpSocket.session(free.port);
  await witness.subscribe(1, 'big', 'n');
  const wire = socket.raw._socket;
  wire.pause();
  const kUpdates = 800;
  const kBytes = 16000;
  for (let n = 1; n <= kUpdates; ++n) {
    source.update('big', { n: String(n), filler: String(n).padEnd(kBytes, 'x') });
    await pause(1); // not merged with the next
  }
  await witness.next(`U,1,1,${kUpdates}`);
  const { sent, unread } = queued(free.port, wire.localPort);
  assert.ok(unread > 10000, `the client's kernel holds ${unread}: it does not stall`);
  assert.ok(sent < 100 * 1024, `the server's kernel holds ${sent} bytes for a client that takes none`);
  wire.resume();
  await socket.next(new RegExp(`^U,1,1,${kUpdates}\\|`));
  const stale = socket.all.filter((line) => line.startsWith('U,1,1,')).slice(0, -1);
  const bytes = stale.reduce((sum, line) => sum + line.length, 0);
  // And what was on its way to the server's backlog and to the client's library.
  assert.ok(bytes <= sent + unread + kBytes + 64 * 1024 + kBytes, `${bytes} stale bytes, ${sent} and ${unread} were on their way`);
  for (const one of [socket, witness]) one.terminate();
  source.kill();
  await free.stop();
  assert.ok(free.totals().links_blocked >= 1);
});
