// SPDX-License-Identifier: Apache-2.0
// The Metadata Adapter is away: what new users and other requests are told, and which ends the next one hears of.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/adapters.mjs';
import { kCid } from './lib/lines.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

async function withServer(metadata, work) {
  const set = await adapterSet({ metadata });
  const server = await Server.start({ adapter_set: [set] });
  const adapters = [];
  const use = (adapter) => (adapters.push(adapter), adapter);
  // Until the server has its answer: what a client asks on another connection may be there before it.
  const start = async (options) => {
    const entered = () => server.log.match(/remote adapter active.*proxy=DEMO /g)?.length ?? 0;
    const before = entered();
    const adapter = use(await MetadataAdapter.start(set.metadata_adapter.request_reply_port, options));
    await until('the server to have let it in', () => entered() > before);
    return adapter;
  };
  const first = await start();
  const data = use(await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '1' } } }));
  const lose = async (adapter) => {
    adapter.kill();
    const known = server.log.split('remote adapter lost').length;
    await until('the loss', () => server.log.split('remote adapter lost').length > known || /remote adapter lost.*proxy=DEMO /.test(server.log));
  };
  try {
    await work({ server, first, data, start, lose });
  } finally {
    for (const adapter of adapters) adapter.kill();
    await server.stop();
  }
  return server;
}

async function refusal(server) {
  const socket = await TlcpSocket.open(server.port);
  socket.send(`create_session\r\n${kCid}&LS_adapter_set=DEMO`);
  const line = await socket.next('CONERR');
  socket.terminate();
  return line;
}

for (const [what, settings, expected] of [
  ['fail: an unexpected error', {}, /^CONERR,66,/],
  ['force_retry: it may try again', { notify_user_on_disconnection: 'force_retry' }, /^CONERR,6,/],
  [
    "send_code: the operator's code and text",
    { notify_user_on_disconnection: 'send_code', notify_user_disconnection_code: -9, notify_user_disconnection_message: 'Back soon' },
    /^CONERR,-9,Back soon$/,
  ],
]) {
  test(`a new user while it is away: ${what}; who is there already goes on`, () =>
    withServer(settings, async ({ server, first, data, start, lose }) => {
      const socket = await TlcpSocket.session(server.port);
      await socket.subscribe(1, 'kept', 'a');
      await lose(first);
      assert.match(decodeURIComponent(await refusal(server)), expected);

      assert.match(await socket.subscribe(2, 'new', 'a'), /^REQERR,a2,66,/);
      socket.send('msg\r\nLS_reqId=7&LS_message=hello&LS_msg_prog=1&LS_sequence=s');
      await socket.next('MSGFAIL,s,1,35,');
      data.update('kept', { a: 'flows' });
      await socket.next('U,1,1,flows');

      await start();
      assert.match(await socket.subscribe(3, 'new', 'a'), /^SUBOK,3,/);
      socket.terminate();
    }));
}

// One end that has no answer, one that has, one while nobody is there: each is a session of its own with a table.
async function threeEnds({ server, first, lose }) {
  const sockets = [];
  for (let i = 0; i < 3; ++i) {
    sockets.push(await TlcpSocket.session(server.port));
    await sockets[i].subscribe(1, 'a', 'a');
  }
  const end = async (socket) => {
    socket.control('LS_reqId=2&LS_op=destroy');
    await socket.next('END,31');
    socket.terminate();
  };
  const [silent, heard, away] = sockets.map((socket) => socket.sessionId);
  first.answers = { NTC: ([id]) => (id === silent ? null : undefined) };
  await end(sockets[0]);
  await first.seen('NTC', ([id]) => id === silent);
  await end(sockets[1]);
  await first.seen('NSC', ([id]) => id === heard);
  await lose(first);
  await end(sockets[2]);
  return { silent, heard, away };
}

for (const [policy, told] of [
  ['pessimistic', ['silent', 'heard', 'away']],
  ['optimistic', ['away']],
  ['unneeded', []],
]) {
  test(`A13: close_notifications_recovery ${policy}: the next adapter hears of ${told.join(', ') || 'none'}`, () =>
    withServer({ close_notifications_recovery: policy }, async (house) => {
      const ids = await threeEnds(house);
      const second = await house.start();
      const names = Object.fromEntries(Object.entries(ids).map(([name, id]) => [id, name]));
      // What comes behind the greeting shows that nothing else is repeated.
      const socket = await TlcpSocket.session(house.server.port);
      const first = second.packets.findIndex((packet) => packet.method === 'NUS');
      await until('each NSC', () => told.every((name) => second.about(ids[name]).includes('NSC')));
      const before = second.packets.slice(0, first).filter((packet) => packet.method === 'NTC').map((packet) => names[second.strings(packet)[0]]);
      assert.deepEqual(before, told, 'NTC, in order, before all else');
      for (const [name, id] of Object.entries(ids)) {
        const expected = told.includes(name) ? ['NTC', 'NSC'] : [];
        // With optimistic and unneeded the session of a table that was given up may end now.
        const mine = second.about(id).filter((method) => told.includes(name) || method === 'NTC');
        assert.deepEqual(mine, expected, name);
      }
      socket.terminate();
    }));
}

test('A13: an end that timed out counts as heard', () =>
  withServer({ timeout_millis: 2000 }, async ({ server, first, start, lose }) => {
    const socket = await TlcpSocket.session(server.port);
    first.answers = { NSC: () => null };
    socket.control('LS_reqId=2&LS_op=destroy');
    await first.seen('NSC');
    await until('the timeout', () => /did not answer in time.*method=(NSC|notify_session_close)/.test(server.log));
    await lose(first);
    const second = await start();
    const next = await TlcpSocket.session(server.port);
    assert.equal(second.all('NSC').length, 0);
    for (const one of [socket, next]) one.terminate();
  }));

test('A13: no more ends are kept than close_notifications_max; the oldest are dropped, counted and logged', async () => {
  const server = await withServer({ close_notifications_max: 2 }, async ({ server, first, start, lose }) => {
    const sockets = [];
    for (let i = 0; i < 4; ++i) sockets.push(await TlcpSocket.session(server.port));
    await lose(first);
    for (const socket of sockets) {
      socket.control('LS_reqId=2&LS_op=destroy');
      await socket.next('END,31');
    }
    await until('the word of the log', () => /ends of sessions and subscriptions wait/.test(server.log));
    const second = await start();
    const next = await TlcpSocket.session(server.port);
    const told = second.all('NSC').map((packet) => second.strings(packet)[0]);
    assert.deepEqual(told, sockets.slice(2).map((socket) => socket.sessionId));
    next.terminate();
  });
  const totals = server.totals();
  assert.equal(totals.close_notices_dropped, 2);
  assert.equal(totals.close_notices_repeated, 2);
});
