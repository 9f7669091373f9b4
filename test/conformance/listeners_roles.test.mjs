// SPDX-License-Identifier: Apache-2.0
// What each role of a listener serves and what it refuses, over HTTP and WebSocket.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { Client } from './lib/client.mjs';
import { control, createStream, fetchRaw, HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { totalsOf } from './lib/totals.mjs';
import { never, until } from './lib/wait.mjs';

const kAdd = 'LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=x&LS_schema=n';
const kElsewhere = 'This port is for new sessions: use the control link';

// A server with a listener of each role; `ports` by role.
async function start({ limits, shards = 1 } = {}) {
  const set = await adapterSet();
  const ports = {};
  for (const role of ['general', 'create_only', 'control_only', 'internal']) ports[role] = await freePort();
  const server = await Server.start({
    adapter_set: [set],
    server: { shards },
    limits,
    listener: Object.entries(ports).map(([role, port]) => ({ name: role, role, port })),
  });
  const adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { n: '0' } } });
  const stop = async () => {
    adapter.kill();
    await server.stop();
    return totalsOf(server.log);
  };
  return { ports, server, stop };
}

const create = `${kCid}&LS_adapter_set=DEMO&LS_send_sync=false`;

async function post(port, name, body) {
  const connection = await HttpConnection.open(port);
  connection.post(name, body);
  const { body: answer } = await connection.response();
  connection.destroy();
  return answer.split('\r\n').filter(Boolean);
}

test('control_only: no session begins there, all else is served', async () => {
  const { ports, stop } = await start();
  const refused = 'CONERR,70,Session creation not allowed on this port';
  assert.deepEqual(await post(ports.control_only, 'create_session', create), [refused]);
  const socket = await TlcpSocket.open(ports.control_only);
  socket.send(`create_session\r\n${create}`);
  assert.equal(await socket.next('CONERR'), refused);

  const session = await TlcpSocket.session(ports.general);
  socket.send(`bind_session\r\nLS_session=${session.sessionId}&LS_send_sync=false`);
  assert.match(await socket.next('CONOK'), new RegExp(`^CONOK,${session.sessionId},`));
  assert.match(await socket.subscribe(1, 'x', 'n'), /^SUBOK,1,/);
  const stream = await HttpConnection.open(ports.control_only);
  stream.post('bind_session', `LS_session=${session.sessionId}&LS_send_sync=false`);
  await stream.next('CONOK');
  assert.deepEqual(await control(ports.control_only, session.sessionId, 'LS_reqId=2&LS_op=delete&LS_subId=1'), ['REQOK,2']);
  assert.equal((await fetchRaw(ports.control_only, 'GET', '/lightstreamer/healthcheck')).body, 'OK\r\n');
  assert.equal((await stop()).misplaced_requests, 2);
});

test('create_only over HTTP: sessions begin there, and are served elsewhere', async () => {
  const { ports, stop } = await start();
  const stream = await createStream(ports.create_only);
  const id = stream.sessionId;
  assert.deepEqual(await control(ports.create_only, id, `${kAdd}\r\n${kAdd.replace('reqId=1', 'reqId=2')}`), [
    `REQERR,1,11,${kElsewhere}`,
    `REQERR,2,11,${kElsewhere}`,
  ]);
  assert.deepEqual(await control(ports.create_only, id, 'LS_reqId=3&LS_msg_prog=1&LS_message=hello', 'msg'), [`REQERR,3,11,${kElsewhere}`]);
  assert.deepEqual(await control(ports.create_only, id, '', 'heartbeat'), [`ERROR,11,${kElsewhere}`]);
  assert.deepEqual(await post(ports.create_only, 'bind_session', `LS_session=${id}`), [`CONERR,21,${kElsewhere}`]);
  assert.deepEqual(await control(ports.control_only, id, kAdd), ['REQOK,1']);
  assert.match(await stream.next('SUBOK'), /^SUBOK,1,/);
  assert.equal((await stop()).misplaced_requests, 5);
});

test('create_only over WebSocket: the session of the same socket is served there, and no other', async () => {
  const { ports, stop } = await start();
  const other = await TlcpSocket.session(ports.general);
  const socket = await TlcpSocket.session(ports.create_only, { params: '&LS_polling=true&LS_polling_millis=5000&LS_idle_millis=0' });
  await socket.next('LOOP');
  // Its own session: bound again, asked for by default and by name.
  socket.send(`bind_session\r\nLS_session=${socket.sessionId}&LS_send_sync=false`);
  await socket.next('CONOK');
  assert.match(await socket.subscribe(1, 'x', 'n'), /^SUBOK,1,/);
  socket.control(`LS_session=${socket.sessionId}&LS_reqId=2&LS_op=delete&LS_subId=1`);
  await socket.next('REQOK,2');
  socket.control(`LS_session=${other.sessionId}&${kAdd.replace('reqId=1', 'reqId=3')}`);
  assert.equal(await socket.next('REQERR'), `REQERR,3,11,${kElsewhere}`);
  const fresh = await TlcpSocket.open(ports.create_only);
  fresh.send(`bind_session\r\nLS_session=${other.sessionId}&LS_send_sync=false`);
  assert.equal(await fresh.next('CONERR'), `CONERR,21,${kElsewhere}`);
  assert.equal((await stop()).misplaced_requests, 2);
});

test('an official client that misses the control link stops, and does not open sessions for ever', async () => {
  const { ports, server, stop } = await start();
  const client = new Client(`http://127.0.0.1:${ports.create_only}`, { transport: 'HTTP-POLLING' });
  client.connect();
  assert.equal((await client.failed()).code, 21);
  assert.equal(server.log.match(/session opened/g).length, 1);
  client.client.disconnect();
  await stop();
});

test('an official client over WebSocket lives on a create_only listener', async () => {
  const { ports, stop } = await start();
  const client = await Client.connected(`http://127.0.0.1:${ports.create_only}`, { transport: 'WS-STREAMING' });
  const record = await client.subscribe(['x'], ['n']).active();
  await record.shows('x', { n: '0' });
  client.disconnect();
  await stop();
});

test('create_only accepts nobody while the server has all its sessions; general refuses', async () => {
  const { ports, stop } = await start({ limits: { max_sessions: 1 }, shards: 2 });
  const first = await createStream(ports.general);
  assert.match((await post(ports.general, 'create_session', create))[0], /^CONERR,8,/);
  const waiting = await HttpConnection.open(ports.create_only); // as far as the kernel
  waiting.post('create_session', create);
  await never('an answer', () => waiting.responses.length > 0 || waiting.closed, 500);
  assert.deepEqual(await control(ports.general, first.sessionId, 'LS_reqId=1&LS_op=destroy'), ['REQOK,1']);
  assert.match(await waiting.next('CONOK'), /^CONOK,/);
  waiting.destroy();
  assert.ok((await stop()).accepts_put_off > 0);
});

test('internal: the limit of connections does not hold there', async () => {
  const { ports, stop } = await start({ limits: { connections_per_listener: 2 } });
  const count = async (port) => {
    const all = await Promise.all(Array.from({ length: 5 }, () => HttpConnection.open(port)));
    for (const one of all) one.request('GET', '/lightstreamer/healthcheck');
    await until('all to be served or cut', () => all.every((one) => one.closed || one.responses[0]?.done));
    const served = all.filter((one) => one.responses[0]?.done).length;
    for (const one of all) one.destroy();
    return served;
  };
  assert.equal(await count(ports.general), 2);
  assert.equal(await count(ports.internal), 5);
  assert.match((await post(ports.internal, 'create_session', `${create}&LS_polling=true&LS_polling_millis=0&LS_idle_millis=0`))[0], /^CONOK,/);
  assert.equal((await stop()).connections_refused, 3);
});
