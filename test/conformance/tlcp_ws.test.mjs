// SPDX-License-Identifier: Apache-2.0
// TLCP over WebSocket, line by line.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { kCid } from './lib/lines.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

let server;
let adapter;

before(async () => {
  const set = await adapterSet();
  server = await Server.start({ adapter_set: [set], server: { name: 'Test server' } });
  adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '1', b: '2' } } });
});
after(async () => {
  adapter?.kill();
  await server?.stop();
});

const create = `create_session\r\n${kCid}&LS_adapter_set=DEMO&LS_send_sync=false`;

test('WSOK comes before CONOK, then the session tells of itself', async () => {
  const socket = await TlcpSocket.open(server.port);
  socket.send('wsok');
  socket.send(create);
  await socket.next('CONS');
  assert.equal(socket.all[0], 'WSOK');
  assert.match(socket.all[1], /^CONOK,[A-Za-z0-9]+,50000,5000,\*$/);
  assert.ok(socket.all.includes('SERVNAME,Test%20server') || socket.all.includes('SERVNAME,Test server'));
  assert.ok(socket.all.includes('CLIENTIP,127.0.0.1'));
  assert.ok(socket.all.includes('CONS,unlimited'));
  socket.terminate();
});

test('the sub-protocol is echoed; another or none is no handshake', async () => {
  const socket = await TlcpSocket.open(server.port, { protocol: 'TLCP-2.1.0.lightstreamer.com' });
  assert.equal(socket.raw.protocol, 'TLCP-2.1.0.lightstreamer.com');
  socket.terminate();
  await assert.rejects(TlcpSocket.open(server.port, { protocol: 'chat' }));
});

test('each message of the server holds complete lines', async () => {
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'x y z', 'a b');
  await socket.next(/^U,1,3,/);
  for (const message of socket.messages) assert.ok(message.endsWith('\r\n'), message);
  socket.terminate();
});

test('SUBOK, CONF, then the snapshot; REQOK unless LS_ack=false', async () => {
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'x y', 'a b');
  await socket.next('U,1,2');
  const lines = socket.all.filter((line) => /,1,|,a1$/.test(line) && !line.startsWith('CON') | line.startsWith('CONF'));
  assert.ok(lines.includes('REQOK,a1'));
  assert.deepEqual(lines.filter((line) => !line.startsWith('REQOK')).slice(0, 2), ['SUBOK,1,2,2', 'CONF,1,unlimited,filtered']);
  await socket.subscribe(2, 'x', 'a', '&LS_ack=false');
  await socket.next('U,2,1');
  assert.ok(!socket.find('REQOK,a2'));
  socket.terminate();
});

test('only what changed is sent', async () => {
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'delta', 'a b c');
  await socket.next('U,1,1,1|2|#');
  adapter.update('delta', { b: 'new' });
  assert.match(await socket.next(/^U,1,1,/), /^U,1,1,\|new\|?$/);
  adapter.update('delta', { c: '' });
  assert.match(await socket.next(/^U,1,1,/), /^U,1,1,(\|\||\^2\|)\$$/);
  socket.terminate();
});

test('unsubscription ends with UNSUB', async () => {
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'x', 'a');
  socket.control('LS_reqId=2&LS_op=delete&LS_subId=1');
  await socket.next('UNSUB,1');
  assert.ok(await until('REQOK', () => socket.find('REQOK,2')));
  socket.terminate();
});

test('a batch: each line is answered for itself', async () => {
  const socket = await TlcpSocket.session(server.port);
  socket.control(
    [
      'LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=x&LS_schema=a&LS_snapshot=true',
      'LS_reqId=2&LS_op=delete&LS_subId=77',
      'LS_reqId=3&LS_op=add&LS_subId=2&LS_mode=MERGE&LS_group=y&LS_schema=a&LS_data_adapter=NONE',
      'LS_reqId=4&LS_op=add&LS_subId=3&LS_mode=MERGE&LS_group=z&LS_schema=b&LS_snapshot=true',
    ].join('\r\n'),
  );
  await until('four answers', () => socket.count('REQOK') + socket.count('REQERR') === 4);
  assert.ok(socket.find('REQOK,1'));
  assert.ok(socket.find('REQERR,2,19,'));
  assert.ok(socket.find('REQERR,3,17,'));
  assert.ok(socket.find('REQOK,4'));
  await until('both snapshots', () => socket.find('U,1,1,1') && socket.find('U,3,1,2'));
  socket.terminate();
});

test('controls right behind the create, before its CONOK', async () => {
  const socket = await TlcpSocket.open(server.port);
  socket.send('wsok');
  socket.send(create);
  socket.control('LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=x&LS_schema=a&LS_snapshot=true');
  await socket.next('U,1,1,1');
  const order = ['WSOK', 'CONOK', 'REQOK', 'SUBOK', 'CONF'].map((tag) => socket.all.findIndex((line) => line === tag || line.startsWith(`${tag},`)));
  assert.ok(order.every((at) => at >= 0), socket.all.join('\n'));
  assert.ok(order[0] < order[1] && order[1] < order[2] && order[3] < order[4], socket.all.join('\n'));
  socket.terminate();
});

test('a second stream on a socket that has one: CONERR 69', async () => {
  const socket = await TlcpSocket.session(server.port);
  socket.send(create);
  await socket.next('CONERR,69');
  socket.terminate();
});

test('a session moves to another socket: the old one gets nothing more', async () => {
  const one = await TlcpSocket.session(server.port);
  await one.subscribe(1, 'moves', 'a');
  await one.next('U,1,1');
  const two = await TlcpSocket.open(server.port);
  two.send('wsok');
  two.send(`bind_session\r\nLS_session=${one.sessionId}&LS_send_sync=false`);
  await two.next(`CONOK,${one.sessionId}`);
  const before = one.count('U');
  adapter.update('moves', { a: 'moved' });
  await two.next('U,1,1,moved');
  assert.equal(one.count('U'), before);
  one.terminate();
  two.terminate();
});

test('controls for a session from another socket are answered where they came from', async () => {
  const stream = await TlcpSocket.session(server.port);
  const other = await TlcpSocket.open(server.port);
  other.send('wsok');
  other.control(`LS_session=${stream.sessionId}&LS_reqId=9&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=far&LS_schema=a&LS_snapshot=true`);
  await other.next('REQOK,9');
  await stream.next('U,1,1,1');
  assert.ok(!stream.find('REQOK'));
  stream.terminate();
  other.terminate();
});

test('destroy: END 31 with its text, the socket closed if asked', async () => {
  const socket = await TlcpSocket.session(server.port);
  socket.control('LS_reqId=1&LS_op=destroy&LS_close_socket=true');
  assert.equal(decodeURIComponent(await socket.next('END')), 'END,31,Destroy invoked by client');
  await socket.closes();
  const custom = await TlcpSocket.session(server.port);
  custom.control('LS_reqId=1&LS_op=destroy&LS_cause_code=-5&LS_cause_message=bye');
  assert.equal(await custom.next('END'), 'END,-5,bye');
  custom.terminate();
});

test('heartbeats are silent, wherever their line ends', async () => {
  const socket = await TlcpSocket.session(server.port);
  const before = socket.all.length;
  for (const beat of ['heartbeat', 'heartbeat\r\n', 'heartbeat\r\n\r\n', `heartbeat\r\nLS_session=${socket.sessionId}`]) socket.send(beat);
  socket.control('LS_reqId=1&LS_op=delete&LS_subId=1');
  await socket.next('REQERR,1,19');
  assert.deepEqual(socket.all.slice(before).filter((line) => !/^(REQERR|PROBE|SERVNAME|CLIENTIP|CONS)/.test(line)), []);
  socket.terminate();
});

test('the server answers a ping, and a close with a close', async () => {
  const socket = await TlcpSocket.session(server.port);
  const pong = new Promise((resolve) => socket.raw.once('pong', (data) => resolve(data.toString())));
  socket.raw.ping('are you there');
  assert.equal(await pong, 'are you there');
  socket.close();
  assert.equal((await socket.closes()).code, 1005);
});

test('the same subscription again is no error and no second SUBOK', async () => {
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'x', 'a');
  socket.control('LS_reqId=2&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=x&LS_schema=a&LS_snapshot=true');
  await socket.next('REQOK,2');
  assert.equal(socket.count('SUBOK'), 1);
  socket.terminate();
});
