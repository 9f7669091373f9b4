// SPDX-License-Identifier: Apache-2.0
// What a Metadata Adapter asks of the server: the end of a session (FST), of a subscription (FUS), and its own
// (FAL). Sessions live on two shards; whichever the adapter's is, half of them are on the other.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/adapters.mjs';
import { adapterSet, kOverGrpc, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { never, until } from './lib/wait.mjs';

let server;
let metadata;
let other;
let data;

before(async () => {
  const set = await adapterSet({ metadata: {} });
  const second = await adapterSet({ id: 'OTHER', metadata: {} });
  server = await Server.start({ server: { shards: 2 }, adapter_set: [set, second] });
  metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  other = await MetadataAdapter.start(second.metadata_adapter.request_reply_port);
  data = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '1' } } });
});
beforeEach(() => (metadata.answers = {}));
after(async () => {
  for (const adapter of [metadata, other, data]) adapter?.kill();
  await server?.stop();
});

// One on each shard; its id says where it is.
async function sessionOnEachShard() {
  const sockets = new Map();
  for (let i = 0; i < 50 && sockets.size < 2; ++i) {
    const socket = await TlcpSocket.session(server.port);
    const shard = socket.sessionId.slice(socket.sessionId.indexOf('T'));
    if (sockets.has(shard)) {
      socket.terminate();
    } else {
      sockets.set(shard, socket);
    }
  }
  assert.equal(sockets.size, 2, 'a session on each of the two shards');
  return [...sockets.values()];
}

async function heldBack(answer) {
  let is = false;
  answer.then(() => (is = true));
  await never('an answer before its time', () => is, 200);
}

test('FST without a cause: END,32, NTC of the open table, then NSC, each once', async () => {
  for (const socket of await sessionOnEachShard()) {
    await socket.subscribe(1, 'a', 'a');
    assert.equal(await metadata.endSession(socket.sessionId), 'V');
    await socket.next('END,32,');
    await metadata.seen('NSC', ([id]) => id === socket.sessionId);
    const mine = metadata.about(socket.sessionId);
    assert.deepEqual(mine.slice(-2), ['NTC', 'NSC']);
    assert.equal(mine.filter((method) => method === 'NSC').length, 1);
    socket.control('LS_reqId=9&LS_op=destroy');
    await socket.next('REQERR,9,20');
    socket.terminate();
  }
});

test("FST with a cause: the adapter's code and text; a positive code becomes 0, no text is an empty one", async () => {
  for (const [cause, end] of [
    ['I|-3|S|go away %2B now', 'END,-3,go away + now'],
    ['I|0|S|#', 'END,0,'],
    ['I|7|S|seven', 'END,0,seven'],
  ]) {
    const socket = await TlcpSocket.session(server.port);
    assert.equal(await metadata.endSession(socket.sessionId, cause), 'V');
    assert.equal((await socket.next('END')).replaceAll('%20', ' '), end);
    socket.terminate();
  }
  await until('the word of the log', () => /chose a positive code.*code=7/.test(server.log));
});

test('FST of a session whose client is away: it is told when it comes back', async () => {
  const socket = await TlcpSocket.session(server.port);
  socket.terminate();
  await until('the loss', () => socket.closed);
  assert.equal(await metadata.endSession(socket.sessionId, 'I|-4|S|gone'), 'V');
  const back = await TlcpSocket.open(server.port);
  back.send(`bind_session\r\nLS_session=${socket.sessionId}&LS_recovery_from=0`);
  assert.equal(await back.next('END'), 'END,-4,gone');
  back.terminate();
});

test('FST and FUS of a session that is not there, or of another Adapter Set: nothing to do', async () => {
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'a', 'a');
  for (const id of ['nonsense', 'S0123456789abcdef0123456789abcdefT0', 'S0123456789abcdef0123456789abcdefT99']) {
    assert.equal(await metadata.endSession(id), 'V');
    assert.equal(await metadata.endSubscription(id, 1), 'B|1');
  }
  assert.equal(await other.endSession(socket.sessionId), 'V');
  assert.equal(await other.endSubscription(socket.sessionId, 1), 'B|1');
  socket.control('LS_reqId=2&LS_op=delete&LS_subId=1'); // both are still there
  await socket.next('UNSUB,1');
  socket.terminate();
});

test('FST while NNS is under way waits for it', async () => {
  metadata.answers = { NNS: () => null };
  const socket = await TlcpSocket.open(server.port);
  socket.send('wsok');
  socket.send('create_session\r\nLS_cid=mgQkwtwdysogQz2BJ4Ji%20kOj2Bg&LS_adapter_set=DEMO&LS_user=slow');
  const nns = await metadata.seen('NNS', ([user]) => user === 'slow');
  const id = metadata.strings(nns)[1];
  const answer = metadata.endSession(id, 'I|-5|S|too late');
  await heldBack(answer);
  metadata.reply(nns.id, 'NNS', 'V');
  assert.equal(await answer, 'V');
  await socket.next('CONOK');
  await socket.next('END,-5,too');
  await metadata.seen('NSC', ([closed]) => closed === id);
  socket.terminate();
});

test('A11: FUS where NNT allowed it: B|1, UNSUB, USB, NTC, and no other line of it', async () => {
  metadata.answers = { NNT: () => 'B|1|B|0' };
  for (const socket of await sessionOnEachShard()) {
    await socket.subscribe(4, `forced-${socket.sessionId}`, 'a');
    await socket.next('U,4,1,1');
    assert.equal(await metadata.endSubscription(socket.sessionId, 4), 'B|1');
    await socket.next('UNSUB,4');
    await until('USB', () => data.count(`USB forced-${socket.sessionId}`) === 1);
    await metadata.seen('NTC', ([id]) => id === socket.sessionId);
    assert.equal(await metadata.endSubscription(socket.sessionId, 4), 'B|1', 'nothing to do');
    assert.equal(socket.count('UNSUB,4'), 1);
    assert.ok(await socket.subscribe(4, 'again', 'a'), 'the id may be used again');
    socket.terminate();
  }
});

test('A11: FUS where NNT did not allow it, or said V: B|0, and nothing happens', async () => {
  const socket = await TlcpSocket.session(server.port);
  for (const [subId, answer] of [[1, 'B|0|B|1'], [2, 'V']]) {
    metadata.answers = { NNT: () => answer };
    await socket.subscribe(subId, 'kept', 'a');
    assert.equal(await metadata.endSubscription(socket.sessionId, subId), 'B|0');
  }
  data.update('kept', { a: 'still' });
  await socket.next(/^U,[12],1,still$/);
  assert.equal(socket.count('UNSUB'), 0);
  socket.terminate();
});

test('A11: FUS while NNT is under way waits for it', async () => {
  metadata.answers = { NNT: () => null };
  const socket = await TlcpSocket.session(server.port);
  const subscribed = socket.subscribe(3, 'slow', 'a');
  const nnt = await metadata.seen('NNT', (strings) => strings.includes(socket.sessionId));
  const answer = metadata.endSubscription(socket.sessionId, 3);
  await heldBack(answer);
  metadata.reply(nnt.id, 'NNT', 'B|1|B|0');
  assert.equal(await answer, 'B|1');
  await subscribed;
  await socket.next('UNSUB,3');
  socket.terminate();
});

test('what cannot be read is answered with an error, and harms nobody', { skip: kOverGrpc }, async () => {
  const socket = await TlcpSocket.session(server.port);
  metadata.reply('f0', 'FST', `S|${socket.sessionId}`);
  metadata.reply('f1', 'FUS', `S|${socket.sessionId}|S|x`);
  assert.equal(await metadata.endSession('nonsense'), 'V');
  for (const id of ['f0', 'f1']) assert.equal(metadata.packets.find((packet) => packet.id === id).tokens[0], 'E');
  socket.terminate();
});

test('before 1.9.0 there are no such calls: FST, FUS and FAL are malformed, and the session lives', { skip: kOverGrpc }, async () => {
  const set = await adapterSet({ metadata: {} });
  const old = await Server.start({ adapter_set: [set] });
  const adapter = await MetadataAdapter.start(set.metadata_adapter.request_reply_port, { version: '1.8.3' });
  const feed = await DataAdapter.start(set.data_adapter[0].request_reply_port);
  const socket = await TlcpSocket.session(old.port);
  adapter.reply('64', 'FST', `S|${socket.sessionId}|V`);
  adapter.reply('65', 'FUS', `S|${socket.sessionId}|I|1`);
  adapter.reply('2', 'FAL', 'E|whatever');
  await socket.subscribe(1, 'a', 'a');
  assert.equal(socket.count('END'), 0);
  assert.ok(!adapter.closed);
  socket.terminate();
  adapter.kill();
  feed.kill();
  await old.stop();
  const totals = old.totals();
  assert.equal(totals.malformed_lines, 3);
  assert.equal(totals.forced_terminations, 0);
});

test('A14: FAL of a Metadata Adapter: a robust proxy detaches it and waits for the next', async () => {
  const set = await adapterSet({ metadata: {} });
  const own = await Server.start({ adapter_set: [set] });
  const port = set.metadata_adapter.request_reply_port;
  const first = await MetadataAdapter.start(port);
  const feed = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '1' } } });
  const socket = await TlcpSocket.session(own.port);
  await socket.subscribe(1, 'a', 'a');
  first.reply('2', 'FAL', 'E|database lost');
  await until('the end of its connection', () => first.closed && /database lost/.test(own.log));
  feed.update('a', { a: 'goes on' });
  await socket.next('U,1,1,goes');
  const second = await MetadataAdapter.start(port);
  await socket.subscribe(2, 'b', 'a');
  for (const one of [socket]) one.terminate();
  for (const one of [first, second, feed]) one.kill();
  await own.stop();
});

test('A14: FAL of a Metadata Adapter behind a plain proxy, or an init that fails: the server ends', async () => {
  for (const how of ['FAL', 'EM']) {
    const set = await adapterSet({ metadata: { robust: false, connection_recovery_timeout_millis: undefined, first_connection_timeout_millis: undefined } });
    const own = await Server.start({ adapter_set: [set] }, { ready: false });
    const adapter = new MetadataAdapter({ answerInit: how === 'FAL' });
    await adapter.connect(set.metadata_adapter.request_reply_port);
    await adapter.ready();
    if (how === 'FAL') {
      adapter.reply('2', 'FAL', 'E|database lost');
    } else {
      adapter.reply(adapter.all('MPI')[0].id, 'MPI', 'EM|database+lost');
    }
    const end = await own.ended();
    assert.notEqual(end.code, 0);
    assert.equal(end.signal, null);
    assert.match(own.log, /database lost/);
  }
});

test('A14: an init that fails behind a robust proxy: another adapter is let in later', async () => {
  const set = await adapterSet({ metadata: {} });
  const own = await Server.start({ adapter_set: [set] });
  const failing = new MetadataAdapter({ answerInit: false });
  await failing.connect(set.metadata_adapter.request_reply_port);
  await failing.ready();
  failing.reply(failing.all('MPI')[0].id, 'MPI', 'EM|no+database');
  await until('the end of its connection', () => failing.closed);
  const adapter = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  const feed = await DataAdapter.start(set.data_adapter[0].request_reply_port);
  const socket = await TlcpSocket.session(own.port);
  socket.terminate();
  for (const one of [failing, adapter, feed]) one.kill();
  await own.stop();
});

test('the totals count what was done', async () => {
  metadata.kill();
  await server.stop();
  const totals = server.totals();
  assert.ok(totals.forced_terminations >= 7, `forced_terminations ${totals.forced_terminations}`);
  assert.ok(totals.forced_unsubscriptions >= 4, `forced_unsubscriptions ${totals.forced_unsubscriptions}`);
  assert.equal(totals.forced_calls_refused, 2);
});
