// SPDX-License-Identifier: Apache-2.0
// What a Metadata Adapter is not asked again: item data for long (GIT), data of a user and an item for seconds (GUI).
// Each test sees the calls that are made, or not, on the wire.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/adapters.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { pause, until } from './lib/wait.mjs';

async function withServer(metadata, work) {
  const set = await adapterSet({ metadata });
  const server = await Server.start({ adapter_set: [set] });
  const adapters = [];
  const start = async () => {
    const entered = () => server.log.match(/remote adapter active.*proxy=DEMO /g)?.length ?? 0;
    const before = entered();
    const adapter = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
    adapters.push(adapter);
    await until('it to be the active one', () => entered() > before);
    return adapter;
  };
  const adapter = await start();
  adapters.push(await DataAdapter.start(set.data_adapter[0].request_reply_port));
  let subscriptions = 0;
  // How often the adapter is asked GIT and GUI for one subscription of item "x".
  const asked = async (socket, of = adapter) => {
    const before = [of.all('GIT').length, of.all('GUI').length];
    await socket.subscribe(++subscriptions, 'x', 'a');
    return { GIT: of.all('GIT').length - before[0], GUI: of.all('GUI').length - before[1] };
  };
  const session = (user) => TlcpSocket.session(server.port, { params: `&LS_user=${user}` });
  const end = async (socket, of = adapter) => {
    socket.control('LS_reqId=end&LS_op=destroy');
    await of.seen('NSC', ([id]) => id === socket.sessionId);
    socket.terminate();
  };
  try {
    await work({ adapter, start, asked, session, end });
  } finally {
    for (const one of adapters) one.kill();
    await server.stop();
  }
}

test('GIT is asked once for an item, GUI once for a user and an item', () =>
  withServer({}, async ({ asked, session }) => {
    const [alice, again, bob] = [await session('alice'), await session('alice'), await session('bob')];
    assert.deepEqual(await asked(alice), { GIT: 1, GUI: 1 });
    assert.deepEqual(await asked(alice), { GIT: 0, GUI: 0 });
    assert.deepEqual(await asked(again), { GIT: 0, GUI: 0 });
    assert.deepEqual(await asked(bob), { GIT: 0, GUI: 1 });
  }));

test('user_data_timeout_millis: GUI is asked again, GIT is not', () =>
  withServer({ user_data_timeout_millis: 1500 }, async ({ asked, session }) => {
    const socket = await session('alice');
    await asked(socket);
    assert.deepEqual(await asked(socket), { GIT: 0, GUI: 0 });
    await pause(1600);
    assert.deepEqual(await asked(socket), { GIT: 0, GUI: 1 });
  }));

test('item_data_timeout_millis: GIT is asked again', () =>
  withServer({ item_data_timeout_millis: 1500 }, async ({ asked, session }) => {
    const socket = await session('alice');
    await asked(socket);
    await pause(1600);
    assert.deepEqual(await asked(socket), { GIT: 1, GUI: 0 });
  }));

test('cache_max_entries = 0: everything is asked each time', () =>
  withServer({ cache_max_entries: 0 }, async ({ asked, session }) => {
    const socket = await session('alice');
    await asked(socket);
    assert.deepEqual(await asked(socket), { GIT: 1, GUI: 1 });
  }));

for (const clear of [true, false]) {
  test(`clear_on_session_close = ${clear}: with the user's last session GUI is ${clear ? '' : 'not '}forgotten`, () =>
    withServer({ clear_on_session_close: clear }, async ({ asked, session, end }) => {
      const [first, second] = [await session('alice'), await session('alice')];
      await asked(first);
      await end(first);
      assert.deepEqual(await asked(second), { GIT: 0, GUI: 0 }, 'there is another session');
      await end(second);
      const third = await session('alice');
      assert.deepEqual(await asked(third), { GIT: 0, GUI: clear ? 1 : 0 });
    }));

  test(`clear_on_new_remote = ${clear}: a new adapter is ${clear ? '' : 'not '}asked anew`, () =>
    withServer({ clear_on_new_remote: clear }, async ({ adapter, start, asked, session }) => {
      const socket = await session('alice');
      await asked(socket);
      adapter.kill();
      await until('the end of its connection', () => adapter.closed);
      const next = await start();
      assert.deepEqual(await asked(socket, next), { GIT: clear ? 1 : 0, GUI: clear ? 1 : 0 });
    }));
}
