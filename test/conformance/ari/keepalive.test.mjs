// SPDX-License-Identifier: Apache-2.0
// A5, A15: keepalives, as the server asks for them and as it counts them.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { DataAdapter, MetadataAdapter } from '../lib/ari.mjs';
import { Client } from '../lib/client.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { never, pause, until } from '../lib/wait.mjs';

let server;
let set;

async function serve(options) {
  set = await adapterSet(options);
  server = await Server.start({ adapter_set: [set] });
}
afterEach(() => server.stop());

const kTimeout = 2400;
const ofData = () => set.data_adapter[0];

// Sends keepalives while `look` is watched; fails if it becomes true.
async function beats(sockets, what, look, millis) {
  const timer = setInterval(() => sockets.forEach((socket) => socket.write('KEEPALIVE\r\n')), kTimeout / 3);
  try {
    await never(what, look, millis);
  } finally {
    clearInterval(timer);
  }
}

test('A15: keepalive_hint.millis follows from keepalive_timeout_millis, unless it is given', async () => {
  const cases = [
    [{}, '-1'],
    [{ keepalive_timeout_millis: 0 }, '-1'],
    [{ keepalive_timeout_millis: 1000 }, '500'],
    [{ keepalive_timeout_millis: 3999 }, '1999'],
    [{ keepalive_timeout_millis: 4000 }, '2000'],
    [{ keepalive_timeout_millis: 8000 }, '6000'],
    [{ keepalive_timeout_millis: 22000 }, '20000'],
    [{ keepalive_hint_millis: 20000 }, '20000'],
    [{ keepalive_timeout_millis: 8000, keepalive_hint_millis: 500 }, '500'],
    [{ keepalive_timeout_millis: 8000, keepalive_hint_millis: 0 }, '0'],
  ];
  await serve({ data: cases.map(([keys], i) => ({ name: `CASE${i}`, ...keys })) });
  for (const [i, [keys, hint]] of cases.entries()) {
    const adapter = await DataAdapter.start(set.data_adapter[i].request_reply_port);
    assert.equal(adapter.initParams['keepalive_hint.millis'], hint, JSON.stringify(keys));
  }
});

test('A5: KEEPALIVE in front of the answer to init, as often as it likes', async () => {
  await serve({ metadata: { keepalive_timeout_millis: kTimeout }, data: [{ name: 'DEFAULT', keepalive_timeout_millis: kTimeout }] });
  for (const [Kind, proxy] of [[MetadataAdapter, set.metadata_adapter], [DataAdapter, ofData()]]) {
    const adapter = new Kind({ answerInit: false });
    await adapter.connect(proxy.request_reply_port);
    await adapter.ready();
    await beats([adapter.socket], 'the end of the connection', () => adapter.closed, 1.5 * kTimeout);
    const { id, method } = adapter.packets[0];
    adapter.reply(id, method, `S|ARI.version|S|${adapter.version}`);
    await beats([adapter.socket], 'the end of the connection', () => adapter.closed, 1.5 * kTimeout);
  }
});

test('A5: KEEPALIVE between any two lines of both kinds of adapter changes nothing', async () => {
  await serve({ metadata: {} });
  const kept = (adapter) => {
    const write = adapter.socket.write.bind(adapter.socket);
    adapter.socket.write = (text) => write(`KEEPALIVE\r\n${text}KEEPALIVE\r\n`);
    return adapter;
  };
  kept(await MetadataAdapter.start(set.metadata_adapter.request_reply_port));
  const adapter = kept(await DataAdapter.start(ofData().request_reply_port, { snapshots: { '*': [{ a: '1' }, { a: '2' }] } }));
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['x'], ['a']).active();
  await record.shows('x', { a: '2' });
  adapter.update('x', { a: '3' });
  await record.shows('x', { a: '3' });
  client.disconnect();
});

for (const kind of ['a keepalive', 'an update', 'an answer']) {
  test(`A5, A15: ${kind} resets the timer of the connection, silence ends it with the reason`, async () => {
    await serve({ metadata: { keepalive_timeout_millis: kTimeout }, data: [{ name: 'DEFAULT', keepalive_timeout_millis: kTimeout }] });
    const policy = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
    const data = await DataAdapter.start(ofData().request_reply_port);
    const watched = kind === 'an answer' ? policy : data;
    const other = watched === policy ? data : policy;
    const say = {
      'a keepalive': () => watched.socket.write('KEEPALIVE\r\n'),
      'an update': () => data.update('nobody wants it', { a: '1' }, false, '1'),
      'an answer': () => policy.reply('unknown', 'NUS', 'V'),
    }[kind];
    const timer = setInterval(() => (say(), other.socket.write('KEEPALIVE\r\n')), kTimeout / 3);
    await never('the end of a connection', () => watched.closed, 2 * kTimeout);
    assert.equal(watched.all('CLOSE').length, 0);
    clearInterval(timer);
    await until('CLOSE', () => watched.all('CLOSE').length === 1);
    assert.equal(watched.all('CLOSE')[0].line, '0|CLOSE|S|reason|S|keepalive+timeout');
    await until('the end of its connection', () => watched.closed);
  });
}

test('A15: of two connections each has a timer of its own', async () => {
  await serve({ data: [{ name: 'DEFAULT', notify_port: true, keepalive_timeout_millis: kTimeout }] });
  const start = () => DataAdapter.start(ofData().request_reply_port, { version: '1.8.3', notifyPort: ofData().notify_port });
  const both = await start();
  await beats([both.socket, both.notify], 'the end of a connection', () => both.closed, 2 * kTimeout);
  both.kill();
  for (const silent of ['notify', 'socket']) {
    await pause(100);
    const adapter = await start();
    const timer = setInterval(() => adapter[silent === 'socket' ? 'notify' : 'socket'].write('KEEPALIVE\r\n'), kTimeout / 3);
    await until(`the end: ${silent} is silent`, () => adapter.closed);
    clearInterval(timer);
    assert.equal(adapter.all('CLOSE')[0].line, '0|CLOSE|S|reason|S|keepalive+timeout');
  }
});
