// SPDX-License-Identifier: Apache-2.0
// What the Metadata Adapter decides, and how a client learns of it.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/adapters.mjs';
import { Client } from './lib/client.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { never } from './lib/wait.mjs';

let server;
let metadata;
let data;

before(async () => {
  const set = await adapterSet({ metadata: { timeout_millis: 3000 } });
  server = await Server.start({ adapter_set: [set] });
  metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  data = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '1' } } });
});
beforeEach(() => (metadata.answers = {}));
after(async () => {
  metadata?.kill();
  data?.kill();
  await server?.stop();
});

async function refusedClient(answers, options = {}) {
  metadata.answers = answers;
  const client = new Client(server.url, { transport: 'WS-STREAMING', ...options });
  client.connect();
  const error = await client.failed();
  assert.equal(client.status, 'DISCONNECTED');
  return error;
}

let items = 0;
async function refusedSubscription(answers, options = {}) {
  const client = await Client.connected(server.url);
  metadata.answers = answers;
  // Rights are remembered for a user and an item, so each refusal has an item of its own.
  const record = client.subscribe([`refused-${++items}`], ['a'], options);
  const error = await record.failed();
  assert.ok(client.status.startsWith('CONNECTED'), 'the session goes on');
  client.disconnect();
  return error;
}

test('a wrong password: code 1', async () => {
  const answers = { NUS: ([user, password]) => (password === 'right' ? undefined : 'EA|no entry') };
  const error = await refusedClient(answers, { user: 'u', password: 'wrong' });
  assert.equal(error.code, 1);
  const client = await Client.connected(server.url, { user: 'u', password: 'right' });
  client.disconnect();
});

test("credits: the adapter's own code and text reach the client", async () => {
  const error = await refusedClient({ NUS: () => 'EC|internal words|-42|Too many %7C seats, ü' });
  assert.deepEqual(error, { code: -42, message: 'Too many | seats, ü' });
});

test('a refusal of the session after the user was let in', async () => {
  const error = await refusedClient({ NNS: () => 'EC|x|-9|not now' });
  assert.deepEqual(error, { code: -9, message: 'not now' });
});

test('an error without a kind: code 66, and nothing of its text', async () => {
  const error = await refusedClient({ NUS: () => 'E|stack trace of the adapter' });
  assert.equal(error.code, 66);
  assert.ok(!error.message.includes('stack trace'));
});

test('an adapter that does not answer: code 66 after timeout_millis', async () => {
  assert.equal((await refusedClient({ NUS: () => null })).code, 66);
});

test('an unknown Adapter Set: code 2', async () => {
  const error = await refusedClient({}, { set: 'NOSUCHSET' });
  assert.deepEqual(error, { code: 2, message: 'Requested Adapter Set not available' });
});

test('an unknown Data Adapter: code 17', async () => {
  assert.equal((await refusedSubscription({}, { adapter: 'NOSUCHADAPTER' })).code, 17);
});

test('a bad group: code 21', async () => {
  assert.equal((await refusedSubscription({ GIS: () => 'EI|no such group' })).code, 21);
});

test('a bad group for this schema: code 22', async () => {
  assert.equal((await refusedSubscription({ GSC: () => 'EI|no such group' })).code, 22);
});

test('a bad schema: code 23', async () => {
  assert.equal((await refusedSubscription({ GSC: () => 'ES|no such schema' })).code, 23);
});

test('a mode that the item or the user may not have: code 24 with its exact text', async () => {
  for (const answers of [{ GIT: () => 'I|0|D|0|M|RDC' }, { GUI: () => 'I|0|D|0|M|D' }]) {
    const error = await refusedSubscription(answers);
    assert.deepEqual(error, { code: 24, message: 'Invalid mode for these items' });
  }
});

test('NNT refused: the code and text of the adapter', async () => {
  const error = await refusedSubscription({ NNT: () => 'EC|x|-7|not this one' });
  assert.deepEqual(error, { code: -7, message: 'not this one' });
});

test('a group that means several items', async () => {
  metadata.answers = { GIS: () => 'S|one|S|two|S|three', GSC: () => 'S|a|S|b' };
  const socket = await TlcpSocket.session(server.port);
  assert.equal(await socket.subscribe(1, 'all stocks', 'short'), 'SUBOK,1,3,2');
  await socket.next(/^U,1,3,1\|#$/);
  for (const item of ['one', 'two', 'three']) await data.subscribed(item);
  socket.terminate();
});

test('a group of no item is a bad group', async () => {
  metadata.answers = { GIS: () => '' };
  const socket = await TlcpSocket.session(server.port);
  assert.match(await socket.subscribe(1, 'nothing', 'a'), /^REQERR,a1,21,/);
  socket.terminate();
});

test('a session that ends: NTC of its open table, then NSC, each once', async () => {
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'ends', 'a');
  await metadata.seen('NNT', (strings) => strings.includes(socket.sessionId));
  socket.control('LS_reqId=2&LS_op=destroy');
  await socket.next('END,31');
  await metadata.seen('NSC', ([id]) => id === socket.sessionId);
  const mine = metadata.packets.filter((packet) => packet.line.includes(socket.sessionId)).map((packet) => packet.method);
  assert.deepEqual(mine.slice(-2), ['NTC', 'NSC']);
  assert.equal(mine.filter((method) => method === 'NSC').length, 1);
  socket.terminate();
});

test('a user who wants no tables gets no NNT and no NTC', async () => {
  metadata.answers = { NUS: () => 'D|0|B|0' };
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'quiet', 'a');
  socket.control('LS_reqId=2&LS_op=destroy');
  await metadata.seen('NSC', ([id]) => id === socket.sessionId);
  const mine = metadata.packets.filter((packet) => packet.line.includes(socket.sessionId)).map((packet) => packet.method);
  assert.ok(!mine.includes('NNT') && !mine.includes('NTC'));
  socket.terminate();
});

test('NUS has user, password, headers and REQUEST_ID; NNS the same REQUEST_ID', async () => {
  const socket = await TlcpSocket.session(server.port, {
    params: '&LS_user=zo%C3%AB%20%2B&LS_password=p%7Cw%25',
    headers: { 'X-Trace': 'abc', Cookie: 'c=1' },
  });
  const nus = metadata.strings(await metadata.seen('NUS', ([user]) => user === 'zoë +'));
  assert.equal(nus[1], 'p|w%');
  const headers = Object.fromEntries(Array.from({ length: (nus.length - 2) / 2 }, (_, i) => [nus[2 + 2 * i], nus[3 + 2 * i]]));
  assert.equal(headers['x-trace'], 'abc');
  assert.equal(headers.cookie, 'c=1');
  assert.ok(headers.REQUEST_ID);
  const nns = metadata.strings(await metadata.seen('NNS', ([, id]) => id === socket.sessionId));
  assert.equal(nns[nns.indexOf('REQUEST_ID') + 1], headers.REQUEST_ID);
  assert.equal(nns[nns.indexOf('REMOTE_IP') + 1], '127.0.0.1');
  socket.terminate();
});

test('no user is null, an empty one is empty', async () => {
  for (const [params, user] of [['', null], ['&LS_user=', '']]) {
    const socket = await TlcpSocket.session(server.port, { params: `${params}&LS_password=mark${user}` });
    const nus = metadata.strings(await metadata.seen('NUS', (strings) => strings[1] === `mark${user}`));
    assert.equal(nus[0], user);
    socket.terminate();
  }
});

test('frequencies and bandwidths that the adapter allows are told', async () => {
  metadata.answers = { NUS: () => 'D|40.5|B|1', GUI: () => 'I|0|D|2.5|M|RMDC' };
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['slow'], ['a']).active();
  await record.shows('slow', { a: '1' });
  assert.deepEqual(record.frequencies, ['2.5']);
  assert.equal(client.client.connectionOptions.getRealMaxBandwidth(), '40.5');
  client.disconnect();
});

test('without a limit it is unlimited', async () => {
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['free'], ['a']).active();
  await record.shows('free', { a: '1' });
  assert.deepEqual(record.frequencies, ['unlimited']);
  client.disconnect();
});

test('A10: NNS says how long a session may live: V and 0 for ever, else END 48 behind so many seconds', async () => {
  for (const [answer, lives] of [['V', true], ['I|0', true], ['I|1', false]]) {
    metadata.answers = { NNS: () => answer };
    const socket = await TlcpSocket.session(server.port);
    if (lives) {
      await never('an end', () => socket.find('END'), 1300);
    } else {
      await socket.next('END,48,');
      await metadata.seen('NSC', ([id]) => id === socket.sessionId);
    }
    socket.terminate();
  }
});
