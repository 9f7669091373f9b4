// SPDX-License-Identifier: Apache-2.0
// Messages of clients: to the Metadata Adapter in their order, none twice, and their outcome back.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, before, beforeEach, test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/adapters.mjs';
import { closeLater } from './lib/cleanup.mjs';
import { Client, kTransports } from './lib/client.mjs';
import { control, createStream, HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { never, until } from './lib/wait.mjs';

const kLimits = { messages_per_session: 3, sequences_per_session: 2 };
let server;
let small; // with low limits, on the built-in policy too
let metadata;
let other; // the Metadata Adapter of `small`
const data = [];

async function start(settings, timeout) {
  const sets = [await adapterSet({ metadata: { timeout_millis: timeout } }), await adapterSet({ id: 'BUILTIN' })];
  const started = await Server.start({ adapter_set: sets, ...settings });
  const adapter = await MetadataAdapter.start(sets[0].metadata_adapter.request_reply_port);
  for (const set of sets) data.push(await DataAdapter.start(set.data_adapter[0].request_reply_port));
  return [started, adapter];
}

before(async () => {
  [server, metadata] = await start({}, 3000);
  [small, other] = await start({ limits: kLimits, messages: { missing_message_timeout_millis: 150 } }, 10000);
});
beforeEach(() => {
  metadata.answers = {};
  metadata.packets = [];
});
after(async () => {
  for (const one of [metadata, other, ...data]) one?.kill();
  await server?.stop();
  await small?.stop();
});

const texts = (adapter = metadata) => adapter.all('NUM').map((packet) => adapter.strings(packet)[2]);
const hold = (adapter = metadata) => (adapter.answers = { NUM: () => null });
const release = async (text, reply = 'V', adapter = metadata) => {
  const packet = await adapter.seen('NUM', (strings) => strings[2] === text);
  adapter.reply(packet.id, 'NUM', reply);
};

let requests = 0;
const line = (text, rest) => `LS_reqId=${++requests}&LS_message=${encodeURIComponent(text)}${rest}`;
const inSequence = (name, prog, rest = '') => line(`${name}${prog}`, `&LS_sequence=${name}&LS_msg_prog=${prog}${rest}`);
const loose = (prog, rest = '') => line(`*${prog}`, `&LS_msg_prog=${prog}${rest}`);
// Sends one and gives its answer.
async function answer(socket, request) {
  socket.send(`msg\r\n${request}`);
  return socket.next(new RegExp(`^REQ(OK|ERR),${requests}(,|$)`));
}

for (const transport of kTransports.slice(0, 4)) {
  test(`${transport}: a burst in a sequence arrives in order, each once`, async () => {
    const client = await Client.connected(server.url, { transport, user: 'u' });
    const sent = Array.from({ length: 60 }, (_, i) => client.send(`m${i}`, 'burst'));
    for (const one of sent) assert.equal(await one.outcome(), 'processed ');
    assert.deepEqual(texts(), sent.map((one) => one.text));
    assert.deepEqual(metadata.strings(metadata.all('NUM')[0]), ['u', client.sessionId, 'm0']);
    client.disconnect();
  });

  test(`${transport}: fire and forget arrives`, async () => {
    const client = await Client.connected(server.url, { transport });
    client.client.sendMessage('once');
    client.client.sendMessage('again');
    client.client.sendMessage('listened to by nobody', 'quiet');
    await metadata.seen('NUM', (strings) => strings[2] === 'listened to by nobody');
    await until('all three', () => texts().length === 3);
    client.disconnect();
  });
}

test('an official client learns each outcome', async () => {
  metadata.answers = {
    NUM: (strings) => ({ credits: 'EC|x|-20|not now', zero: 'EC|x|0|#', odd: 'EN|x', error: 'E|x', silent: null })[strings[2]],
  };
  const client = await Client.connected(server.url);
  const outcome = (text) => client.send(text, 's').outcome();
  assert.equal(await outcome('fine'), 'processed ');
  assert.equal(await outcome('credits'), 'deny -20 not now');
  assert.equal(await outcome('zero'), 'deny 0 ');
  assert.equal(await outcome('odd'), 'error');
  assert.equal(await outcome('error'), 'error');
  assert.equal(await outcome('silent'), 'error');
  assert.equal(await outcome('fine again'), 'processed ');
  client.disconnect();
});

test('the codes: -20, 34, 35 for an error, and for silence', async () => {
  const replies = { r1: 'EC|x|-20|not now', r2: 'EC|x|5|positive', r3: 'EN|x', r4: 'E|x', r5: null };
  metadata.answers = { NUM: (strings) => replies[strings[2]] };
  const socket = await TlcpSocket.session(server.port);
  socket.send(['msg', ...[1, 2, 3, 4, 5].map((prog) => inSequence('r', prog))].join('\r\n'));
  await socket.next('MSGFAIL,r,1,-20,not now');
  await socket.next('MSGFAIL,r,2,0,positive');
  await socket.next('MSGFAIL,r,3,34,');
  await socket.next('MSGFAIL,r,4,35,');
  await socket.next('MSGFAIL,r,5,35,');
  socket.terminate();
});

test('a slow adapter delays its sequence and nobody else', async () => {
  hold();
  const socket = await TlcpSocket.session(server.port);
  socket.send(['msg', inSequence('a', 1), inSequence('a', 2), inSequence('b', 1), loose(1), loose(2)].join('\r\n'));
  await until('what may go', () => texts().length === 4);
  assert.deepEqual(texts(), ['a1', 'b1', '*1', '*2']);
  await release('*2');
  await socket.next('MSGDONE,*,2,');
  await release('b1', 'EC|x|-1|no');
  await socket.next('MSGFAIL,b,1,-1,no');
  assert.deepEqual(texts(), ['a1', 'b1', '*1', '*2']);
  await release('a1');
  await socket.next('MSGDONE,a,1,');
  await release('a2');
  await socket.next('MSGDONE,a,2,');
  await release('*1');
  await socket.next('MSGDONE,*,1,');
  socket.terminate();
});

test('what is sent again is not processed again: 33', async () => {
  const stream = await createStream(server.port);
  const send = (request) => control(server.port, stream.sessionId, request, 'msg');
  const batch = () => [inSequence('d', 1), inSequence('d', 2), loose(1)].join('\r\n');
  assert.deepEqual((await send(batch())).map((one) => one.split(',')[0]), ['REQOK', 'REQOK', 'REQOK']);
  await stream.next('MSGDONE,d,2,');
  const again = await send(batch());
  assert.deepEqual(again.map((one) => one.split(',').filter((_, i) => i !== 1).slice(0, 2).join()), ['REQERR,33', 'REQERR,33', 'REQERR,33']);
  assert.deepEqual(texts().sort(), ['*1', 'd1', 'd2']);
  assert.equal(stream.count('MSGDONE'), 3);
  stream.destroy();
});

test('messages that overtook others wait, and are put in order', async () => {
  const socket = await TlcpSocket.session(server.port);
  assert.match(await answer(socket, inSequence('o', 3)), /^REQOK/);
  assert.match(await answer(socket, inSequence('o', 2)), /^REQOK/);
  assert.deepEqual(texts(), []);
  assert.match(await answer(socket, inSequence('o', 1)), /^REQOK/);
  await socket.next('MSGDONE,o,3,');
  assert.deepEqual(texts(), ['o1', 'o2', 'o3']);
  socket.terminate();
});

test('what does not come in time is discarded: 38, 39 with the count, then 32', async () => {
  const socket = await TlcpSocket.session(server.port);
  await answer(socket, inSequence('g', 2, '&LS_max_wait=50'));
  assert.match(await socket.next('MSGFAIL,g,1,38,'), /,The specified progressive number has been skipped by timeout$/);
  await socket.next('MSGDONE,g,2,');
  await answer(socket, inSequence('g', 6, '&LS_max_wait=50'));
  await socket.next(/^MSGFAIL,g,5,39,3$/);
  await socket.next('MSGDONE,g,6,');
  assert.match(await answer(socket, inSequence('g', 4)), /^REQERR,\d+,32,/);
  assert.match(await answer(socket, inSequence('g', 6)), /^REQERR,\d+,33,/);
  assert.deepEqual(texts(), ['g2', 'g6']);
  socket.terminate();
});

test("the server's own timeout holds for long waits and without a sequence", async () => {
  const socket = await TlcpSocket.session(small.port);
  await answer(socket, inSequence('g', 2, '&LS_max_wait=3600000'));
  await socket.next('MSGFAIL,g,1,38,');
  await answer(socket, loose(3));
  await socket.next('MSGDONE,*,3,');
  await socket.next(/^MSGFAIL,\*,2,39,2$/);
  assert.match(await answer(socket, loose(2)), /^REQERR,\d+,32,/);
  socket.terminate();
});

// The client's message is lost on the way, and somebody sends the next number in its stead.
test('an official client is told what was discarded', async () => {
  const proxy = net.createServer((client) => {
    const upstream = net.connect({ port: server.port, host: '127.0.0.1' });
    client.on('data', (bytes) => bytes.includes('LS_message=lost') || upstream.write(bytes));
    upstream.pipe(client);
    for (const [one, peer] of [[client, upstream], [upstream, client]]) {
      one.on('error', () => {}).on('close', () => peer.destroy());
    }
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  closeLater(proxy, (one) => one.close());
  const client = await Client.connected(`http://127.0.0.1:${proxy.address().port}`, { transport: 'HTTP-STREAMING' });
  const lost = client.send('lost', 'gap');
  await control(server.port, client.sessionId, line('next', '&LS_sequence=gap&LS_msg_prog=2&LS_max_wait=1'), 'msg');
  assert.equal(await lost.outcome(), 'discarded');
  client.disconnect();
});

test('fire and forget: no answer, no outcome, no check on what is sent twice', async () => {
  const socket = await TlcpSocket.session(server.port);
  for (let i = 0; i < 2; ++i) socket.send('msg\r\nLS_reqId=f&LS_message=f&LS_outcome=false&LS_ack=false');
  socket.send('msg\r\nLS_reqId=q&LS_message=q&LS_outcome=false&LS_sequence=q&LS_msg_prog=1');
  await socket.next('REQOK,q');
  await answer(socket, loose(1));
  await socket.next('MSGDONE,*,1,');
  assert.deepEqual(texts(), ['f', 'f', 'q', '*1']);
  assert.equal(socket.count('REQOK,f'), 0);
  assert.equal(socket.count('MSGDONE'), 1);
  socket.terminate();
});

test('the response of MSGDONE is for 2.5.0 and later', async () => {
  for (const [version, done] of [['2.1.0', 'MSGDONE,v,1'], ['2.4.0', 'MSGDONE,v,1'], ['2.5.0', 'MSGDONE,v,1,']]) {
    const socket = await TlcpSocket.session(server.port, { protocol: `TLCP-${version}.lightstreamer.com` });
    await answer(socket, inSequence('v', 1));
    assert.equal(await socket.next(/^MSGDONE/), done, version);
    socket.terminate();
  }
});

test('beyond the limits: 68 in words, and the rest goes on', async () => {
  hold(other);
  const socket = await TlcpSocket.session(small.port);
  for (let prog = 1; prog <= 3; ++prog) assert.match(await answer(socket, inSequence('l', prog)), /^REQOK/);
  for (let prog = 4; prog <= 6; ++prog) {
    assert.match(await answer(socket, inSequence('l', prog)), /^REQERR,\d+,68,Too many messages wait to be processed$/);
  }
  for (let prog = 1; prog <= 3; ++prog) await release(`l${prog}`, 'V', other);
  await socket.next('MSGDONE,l,3,');
  other.answers = {};
  assert.match(await answer(socket, inSequence('l', 7)), /^REQOK/);
  await socket.next('MSGDONE,l,7,');
  assert.equal(socket.count('MSGFAIL'), 0);
  assert.match(await answer(socket, inSequence('l2', 1)), /^REQOK/);
  assert.match(await answer(socket, inSequence('l3', 1)), /^REQERR,\d+,68,Too many message sequences$/);
  socket.terminate();
});

test('what cannot be a message: 65', async () => {
  const socket = await TlcpSocket.session(server.port);
  for (const rest of ['&LS_sequence=UNORDERED_MESSAGES&LS_msg_prog=1', '&LS_sequence=a-b&LS_msg_prog=1', '&LS_sequence=a', '', '&LS_msg_prog=0']) {
    assert.match(await answer(socket, line('x', rest)), /^REQERR,\d+,65,/, rest);
  }
  assert.deepEqual(texts(), []);
  socket.terminate();
});

test('between polls: the next poll has the outcome', async () => {
  const poll = '&LS_polling=true&LS_polling_millis=0';
  const http = await HttpConnection.open(server.port);
  http.post('create_session', `${kCid}&LS_adapter_set=DEMO${poll}&LS_idle_millis=0`);
  const session = (await http.next('CONOK')).split(',')[1];
  await http.next('LOOP');
  assert.deepEqual(await control(server.port, session, inSequence('p', 1), 'msg'), [`REQOK,${requests}`]);
  await metadata.seen('NUM');
  http.post('bind_session', `LS_session=${session}${poll}&LS_idle_millis=5000`);
  await http.next('MSGDONE,p,1,');
  await http.next('LOOP');
  http.destroy();
});

test('messages behind the line of a create', async () => {
  const socket = await TlcpSocket.open(server.port);
  socket.send('wsok');
  socket.send(`create_session\r\n${kCid}&LS_adapter_set=DEMO\r\nLS_message=c1&LS_outcome=false\r\nLS_message=c2&LS_sequence=c&LS_msg_prog=1`);
  await socket.next('CONOK');
  await socket.next('MSGDONE,c,1,');
  assert.deepEqual(texts(), ['c1', 'c2']);
  socket.terminate();
});

test('the end of a session ends its messages; late answers harm nobody', async () => {
  hold();
  const socket = await TlcpSocket.session(server.port);
  socket.send(['msg', inSequence('e', 1), inSequence('e', 2)].join('\r\n'));
  await metadata.seen('NUM');
  socket.control('LS_reqId=end&LS_op=destroy');
  await metadata.seen('NSC');
  await release('e1');
  await never('a message of a dead session', () => texts().length > 1, 200);
  assert.equal(socket.count('MSGDONE'), 0);
  socket.terminate();
});

test('without a Metadata Adapter: code 0, a denial', async () => {
  const client = await Client.connected(server.url, { set: 'BUILTIN' });
  assert.equal(await client.send('hello').outcome(), 'deny 0 Unsupported function');
  client.disconnect();
});
