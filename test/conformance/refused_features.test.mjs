// SPDX-License-Identifier: Apache-2.0
// What this server does not do, or not as asked, is refused in the protocol's own words, and the
// session goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';

let server;
let adapter;
let socket;

before(async () => {
  const set = await adapterSet();
  server = await Server.start({ adapter_set: [set] });
  adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '1' } } });
  socket = await TlcpSocket.session(server.port);
});
after(async () => {
  socket?.terminate();
  adapter?.kill();
  await server?.stop();
});

let requests = 0;
async function answer(line) {
  const id = `r${++requests}`;
  socket.control(`LS_reqId=${id}&${line}`);
  return socket.next(new RegExp(`^(REQOK|REQERR),${id}(,|$)`));
}
const add = (rest) => `LS_op=add&LS_subId=${100 + requests}&LS_group=x&LS_schema=a&${rest}`;

test('COMMAND without its fields: 15 without a key, 16 without a command', async () => {
  const command = (schema) => `LS_op=add&LS_subId=${100 + requests}&LS_group=c&LS_schema=${schema}&LS_mode=COMMAND`;
  assert.match(await answer(command('command%20a')), /^REQERR,[^,]+,15,/);
  assert.match(await answer(command('key%20a')), /^REQERR,[^,]+,16,/);
  assert.match(await answer(command('key%20command%20a')), /^REQOK,/);
});

test('a mode that the item is not in now: 24', async () => {
  await socket.subscribe(90, 'taken', 'a');
  for (const mode of ['DISTINCT', 'COMMAND']) {
    const line = `LS_op=add&LS_subId=${100 + requests}&LS_group=taken&LS_schema=key%20command%20a&LS_mode=${mode}`;
    assert.match(await answer(line), /^REQERR,[^,]+,24,/, mode);
  }
});

test('an unknown mode, a missing parameter, a number that is none: 65', async () => {
  for (const line of [add('LS_mode=SIDEWAYS'), 'LS_op=add&LS_subId=1&LS_mode=MERGE&LS_schema=a', 'LS_op=delete&LS_subId=none', 'LS_op=fly']) {
    assert.match(await answer(line), /^REQERR,[^,]+,65,/, line);
  }
});

test('a selector: 25', async () => {
  assert.match(await answer(add('LS_mode=MERGE&LS_selector=mine')), /^REQERR,[^,]+,25,/);
});

test('reconf: 13 of what is unfiltered, 19 of what is not there', async () => {
  await socket.subscribe(1, 'x', 'a');
  await socket.subscribe(2, 'x', 'a', '&LS_requested_max_frequency=unfiltered');
  assert.match(await answer('LS_op=reconf&LS_subId=1&LS_requested_max_frequency=2'), /^REQOK,/);
  assert.match(await answer('LS_op=reconf&LS_subId=1&LS_requested_max_frequency=unfiltered'), /^REQERR,[^,]+,13,/);
  assert.match(await answer('LS_op=reconf&LS_subId=2&LS_requested_max_frequency=2'), /^REQERR,[^,]+,13,/);
  assert.match(await answer('LS_op=reconf&LS_subId=77&LS_requested_max_frequency=2'), /^REQERR,[^,]+,19,/);
});

test('mobile push notifications: 40', async () => {
  assert.match(await answer('LS_op=register&PN_type=Google&PN_appId=a&PN_deviceToken=t'), /^REQERR,[^,]+,40,/);
});

test('recovery of more than there was: CONERR 4, so that clients open a new session', async () => {
  const http = await HttpConnection.open(server.port);
  http.post('bind_session', `LS_session=${socket.sessionId}&LS_recovery_from=99999&LS_polling=true&LS_polling_millis=0&LS_idle_millis=0`);
  assert.match((await http.response(0)).body, /^CONERR,4,/);
  http.destroy();
  socket.terminate();
  socket = await TlcpSocket.session(server.port);
});

test('a control in the body of a create that is refused: CONERR 64, and no session', async () => {
  const other = await TlcpSocket.open(server.port);
  other.send('wsok');
  other.send(`create_session\r\n${kCid}&LS_adapter_set=DEMO\r\nLS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=x&LS_schema=a&LS_selector=mine`);
  assert.match(await other.next(/^CON(OK|ERR),/), /^CONERR,64,/);
  other.terminate();
});

test('after all refusals the session still delivers', async () => {
  assert.match(await socket.subscribe(50, 'alive', 'a'), /^SUBOK,50,/);
  await socket.next('U,50,1,1');
});

test('an older protocol version is spoken to in its own words', async () => {
  const old = await TlcpSocket.session(server.port, { protocol: 'TLCP-2.1.0.lightstreamer.com' });
  assert.match(await old.subscribe(1, 'old', 'a'), /^SUBOK,1,1,1$/);
  await old.next('U,1,1,1');
  old.terminate();
});
