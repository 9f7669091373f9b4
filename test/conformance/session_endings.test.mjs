// SPDX-License-Identifier: Apache-2.0
// How sessions end for other reasons than their client, what the next bind is told, and how a
// cluster's node tells its own sessions from others.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { MetadataAdapter } from './lib/ari.mjs';
import { control, createStream, HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

const servers = [];
after(async () => {
  for (const one of servers) await one.stop();
});
async function start(settings, set) {
  const made = await Server.start({ adapter_set: [set ?? { id: 'DEMO', data_adapter: [] }], ...settings });
  servers.push(made);
  return made;
}
async function post(port, name, body) {
  const http = await HttpConnection.open(port);
  http.post(name, body);
  const { body: text } = await http.response(0);
  http.destroy();
  return text;
}

let node;
let set;
before(async () => {
  set = await adapterSet({ metadata: {}, data: [] });
  set.data_adapter = (await adapterSet()).data_adapter;
  node = await start({ server: { node: 2, control_link: 'localhost', shards: 2 }, session: { timeout_millis: 1500 } }, set);
});

test('the control link is told, the session id names its node, and another node is told apart from none', async () => {
  const adapter = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  const socket = await TlcpSocket.session(node.port);
  assert.equal(socket.find('CONOK').split(',')[4], 'localhost');
  assert.match(socket.sessionId, /^S[0-9a-f]{32}N2T[01]$/);
  const elsewhere = socket.sessionId.replace('N2', 'N7');
  assert.match(await post(node.port, 'bind_session', `LS_session=${elsewhere}`), /^CONERR,21,/);
  assert.match(await post(node.port, 'bind_session', `LS_session=${elsewhere}&LS_recovery_from=3`), /^CONERR,21,/);
  assert.match((await control(node.port, elsewhere, 'LS_reqId=1&LS_op=destroy'))[0], /^REQERR,1,11,/);
  const unknown = socket.sessionId.replace(/^S..../, 'S0000');
  assert.match(await post(node.port, 'bind_session', `LS_session=${unknown}`), /^CONERR,20,/);
  assert.match((await control(node.port, unknown, 'LS_reqId=1&LS_op=destroy'))[0], /^REQERR,1,20,/);
  const other = await TlcpSocket.open(node.port);
  other.send('wsok');
  other.send(`bind_session\r\nLS_session=${elsewhere}`);
  assert.match(await other.next(/^CON/), /^CONERR,21,/);
  other.terminate();
  socket.terminate();
  adapter.kill();
});

test('A10: a session that the Metadata Adapter wants closed for a newer one ends with 35, on whatever shard', async () => {
  const refuse = new Map(); // user -> session to be closed; never for v
  const adapter = await MetadataAdapter.start(set.metadata_adapter.request_reply_port, {
    answers: {
      NNS: (fields) => {
        const [user, session] = fields;
        const older = refuse.get(user);
        if (user === 'u') older ? refuse.delete(user) : refuse.set(user, session);
        return older ? `EX|conflict|-3|one%20only|${older}` : 'V';
      },
    },
  });
  for (let round = 0; round < 4; ++round) {
    refuse.clear();
    const older = await TlcpSocket.session(node.port, { params: '&LS_user=u' });
    const newer = await TlcpSocket.session(node.port, { params: '&LS_user=u' });
    assert.match(await older.next('END'), /^END,35,/);
    assert.notEqual(newer.sessionId, older.sessionId);
    older.terminate();
    newer.terminate();
  }
  refuse.set('v', 'Snobody');
  const refused = await TlcpSocket.open(node.port);
  refused.send('wsok');
  refused.send(`create_session\r\n${kCid}&LS_adapter_set=DEMO&LS_user=v`);
  assert.match(await refused.next(/^CON/), /^CONERR,-3,one only$/);
  refused.terminate();
  adapter.kill();
});

test('a session reaches its maximum duration: END 48; unbound, the next bind is told', async () => {
  const server = await start({ session: { max_duration_seconds: 1 } }, { id: 'DEMO', data_adapter: (await adapterSet()).data_adapter });
  const socket = await TlcpSocket.session(server.port);
  const unbound = await TlcpSocket.session(server.port);
  unbound.terminate();
  assert.match(await socket.next('END'), /^END,48,/);
  await until('the unbound one to end', async () => server.log.split('session closed').length >= 3);
  assert.match(await post(server.port, 'bind_session', `LS_session=${unbound.sessionId}`), /^END,48,/);
  socket.terminate();
});

test('a streaming response over HTTP ends in time with LOOP, and the session goes on', async () => {
  const server = await start({ session: { streaming_max_millis: 500 } }, { id: 'DEMO', data_adapter: (await adapterSet()).data_adapter });
  const stream = await createStream(server.port);
  const started = Date.now();
  assert.equal(await stream.next('LOOP'), 'LOOP,0');
  assert.ok(Date.now() - started < 10000);
  const id = stream.find('CONOK').split(',')[1];
  assert.match(await post(server.port, 'bind_session', `LS_session=${id}&LS_polling=true&LS_polling_millis=0`), /^CONOK,[^]*LOOP,0\r\n$/);
  const socket = await TlcpSocket.session(server.port);
  await new Promise((resolve) => setTimeout(resolve, 900));
  assert.equal(socket.find('LOOP'), undefined, 'a WebSocket has no such end');
  socket.terminate();
});

test('polls that come too fast are held', async () => {
  const server = await start({ session: { polling_min_millis: 700 } }, { id: 'DEMO', data_adapter: (await adapterSet()).data_adapter });
  const created = await post(server.port, 'create_session', `${kCid}&LS_adapter_set=DEMO&LS_polling=true&LS_polling_millis=0`);
  const id = created.match(/^CONOK,([^,]+)/)[1];
  const begun = Date.now();
  for (let i = 0; i < 3; ++i) {
    assert.match(await post(server.port, 'bind_session', `LS_session=${id}&LS_polling=true&LS_polling_millis=0`), /LOOP,0/);
  }
  const took = Date.now() - begun; // two of them at least were held
  assert.ok(took >= 1300, `${took} ms`);
});
