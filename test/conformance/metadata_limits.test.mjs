// SPDX-License-Identifier: Apache-2.0
// How many requests a remote adapter has at once, what waits, and what those beyond are told. Each limit is reached,
// and each by the names of an adapters.xml too.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/adapters.mjs';
import { kCid } from './lib/lines.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, kOverGrpc, scratchDir, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { never, until } from './lib/wait.mjs';

const kLimits = `
  <authentication_pool><max_size>7</max_size><max_pending_remote_requests>1</max_pending_remote_requests><max_queue>1</max_queue></authentication_pool>
  <messages_pool><max_pending_remote_requests>1</max_pending_remote_requests><max_queue>1</max_queue></messages_pool>
  <sequentialize_table_notifications>Y</sequentialize_table_notifications>`;

// The same set from either kind of file.
async function startFrom(kind) {
  const ports = [await freePort(), await freePort()];
  if (kind === 'toml') {
    const set = await adapterSet({
      metadata: {
        authentication_max_pending: 1,
        authentication_max_queue: 1,
        messages_max_pending: 1,
        messages_max_queue: 1,
        requests_max_pending: 2,
        sequentialize_table_notifications: true,
      },
      data: [{ name: 'DEFAULT', requests_max_pending: 1 }],
    });
    return { server: await Server.start({ adapter_set: [set] }), ports: [set.metadata_adapter.request_reply_port, set.data_adapter[0].request_reply_port] };
  }
  const provider = (port, more) => `<adapter_class>ROBUST_PROXY_FOR_REMOTE_ADAPTER</adapter_class>
    <param name="request_reply_port">${port}</param><param name="first_connection_timeout_millis">0</param>${more}`;
  const file = path.join(scratchDir(), 'adapters.xml');
  fs.writeFileSync(
    file,
    `<adapters_conf id="DEMO"><adapter_set_pool><max_size>2</max_size><max_free>1</max_free></adapter_set_pool>
    <metadata_provider>${provider(ports[0], kLimits)}</metadata_provider>
    <data_provider>${provider(ports[1], '<data_adapter_pool><max_size>1</max_size><max_free>0</max_free></data_adapter_pool>')}</data_provider>
    </adapters_conf>`,
  );
  return { server: await Server.start({ adapters_files: [file] }), ports };
}

// The other file knows ARI only.
for (const kind of kOverGrpc ? ['toml'] : ['toml', 'adapters.xml']) {
  test(`limits of a set from ${kind}`, async (t) => {
    const { server, ports } = await startFrom(kind);
    const metadata = await MetadataAdapter.start(ports[0]);
    const data = await DataAdapter.start(ports[1]);
    t.after(async () => {
      metadata.kill();
      data.kill();
      await server.stop();
      assert.ok(server.totals().requests_turned_away >= 2);
    });
    if (kind === 'adapters.xml') {
      for (const name of ['adapter_set_pool max_free', 'authentication_pool max_size', 'data_adapter_pool max_free']) {
        assert.match(server.log, new RegExp(`${name}: sizes a pool of threads`));
      }
    }

    await t.test('one user is asked about at once, one waits, the third is told that the server is overloaded', async () => {
      const held = [];
      metadata.answers = { NUS: (strings, packet) => (held.push(packet), null) };
      const create = async () => {
        const socket = await TlcpSocket.open(server.port);
        socket.send(`create_session\r\n${kCid}&LS_adapter_set=DEMO`);
        return socket;
      };
      const sockets = [await create()];
      await until('NUS', () => held.length === 1);
      // Whichever of these gets there first waits.
      sockets.push(await create(), await create());
      const later = sockets.slice(1);
      const refused = await until('a refusal', () => later.find((socket) => socket.find('CONERR,5,')));
      assert.equal(held.length, 1);
      for (const [n, socket] of [sockets[0], later.find((one) => one !== refused)].entries()) {
        await until('NUS', () => held.length > n);
        metadata.reply(held[n].id, 'NUS', 'D|0|B|1');
        await socket.next('CONOK');
      }
      for (const socket of sockets) socket.terminate();
    });

    await t.test('one message is told at once, one waits, the third fails', async () => {
      metadata.answers = {};
      const socket = await TlcpSocket.session(server.port);
      const held = [];
      metadata.answers = { NUM: (strings, packet) => (held.push(packet), null) };
      for (const sequence of ['a', 'b', 'c']) socket.send(`msg\r\nLS_reqId=m${sequence}&LS_message=x&LS_msg_prog=1&LS_sequence=${sequence}`);
      await socket.next('MSGFAIL,c,1,35,');
      await until('NUM', () => held.length === 1);
      metadata.reply(held[0].id, 'NUM', 'V');
      await socket.next('MSGDONE,a,1,');
      await until('NUM', () => held.length === 2);
      metadata.reply(held[1].id, 'NUM', 'V');
      await socket.next('MSGDONE,b,1,');
      socket.terminate();
    });

    await t.test('one subscription of the Data Adapter is asked for at once, however many the set may have', async () => {
      metadata.answers = {};
      const socket = await TlcpSocket.session(server.port);
      const held = [];
      metadata.answers = { GIS: (strings, packet) => (held.push(packet), null) };
      for (const id of [1, 2]) socket.control(`LS_reqId=${id}&LS_op=add&LS_subId=${id}&LS_mode=MERGE&LS_group=i${id}&LS_schema=a`);
      await until('GIS', () => held.length === 1);
      await never('a second GIS', () => held.length === 2, 150);
      metadata.answers = {};
      metadata.reply(held[0].id, 'GIS', 'S|i1');
      await socket.next('SUBOK,1');
      await socket.next('SUBOK,2');
      socket.terminate();
    });

    await t.test('two other requests are under way at once; ends wait, and none is lost', async () => {
      metadata.answers = {};
      const sockets = [];
      for (let i = 0; i < 3; ++i) sockets.push(await TlcpSocket.session(server.port));
      const held = [];
      metadata.answers = { NSC: (strings, packet) => (held.push(packet), null) };
      for (const socket of sockets) {
        socket.control('LS_reqId=end&LS_op=destroy');
        await socket.next('END,31');
        socket.terminate();
      }
      await until('NSC', () => held.length === 2);
      await never('a third NSC', () => held.length === 3, 150);
      metadata.reply(held[0].id, 'NSC', 'V');
      await until('the third NSC', () => held.length === 3);
      for (const packet of held.slice(1)) metadata.reply(packet.id, 'NSC', 'V');
    });

    await t.test('sequentialize_table_notifications: NTC and NNT of a session do not overlap', async () => {
      metadata.answers = {};
      const socket = await TlcpSocket.session(server.port);
      await socket.subscribe(1, 'x', 'a');
      const held = [];
      metadata.answers = { NTC: (strings, packet) => (held.push(packet), null) };
      socket.control('LS_reqId=d&LS_op=delete&LS_subId=1');
      await until('NTC', () => held.length === 1);
      const before = metadata.all('NNT').length;
      const answer = socket.subscribe(2, 'x', 'a');
      await never('NNT', () => metadata.all('NNT').length > before, 150);
      metadata.answers = {};
      metadata.reply(held[0].id, 'NTC', 'V');
      await answer;
      assert.equal(metadata.all('NNT').length, before + 1);
      socket.terminate();
    });

    await t.test('the Data Adapter has one SUB or USB at once', async () => {
      metadata.answers = {};
      data.autoReply = false;
      const socket = await TlcpSocket.session(server.port);
      const from = data.log.length;
      const said = () => data.log.slice(from);
      await socket.subscribe(1, 'one', 'a');
      await socket.subscribe(2, 'two', 'a');
      await until('SUB one', () => said().includes('SUB one'));
      await never('SUB two', () => said().includes('SUB two'), 150);
      data.reply(data.active.get('one'), 'SUB', 'V');
      await until('SUB two', () => said().includes('SUB two'));
      data.update('two', { a: 'before the answer' });
      await socket.next('U,2,1,before');
      data.autoReply = true;
      data.reply(data.active.get('two'), 'SUB', 'V');
      socket.terminate();
    });
  });
}

test('without sequentialize_table_notifications NNT does not wait for NTC', async () => {
  const set = await adapterSet({ metadata: {} });
  const server = await Server.start({ adapter_set: [set] });
  const metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  const data = await DataAdapter.start(set.data_adapter[0].request_reply_port);
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'x', 'a');
  metadata.answers = { NTC: () => null };
  socket.control('LS_reqId=d&LS_op=delete&LS_subId=1');
  await metadata.seen('NTC');
  await socket.subscribe(2, 'x', 'a');
  socket.terminate();
  metadata.kill();
  data.kill();
  await server.stop();
});

test('what a client has given up before its turn the Data Adapter never hears of', async () => {
  const kGivenUp = 20;
  const set = await adapterSet({ metadata: {}, data: [{ name: 'DEFAULT', requests_max_pending: 1 }] });
  // On several, the proxy's shard might hear of the answer before it hears of what was given up on another.
  const server = await Server.start({ adapter_set: [set], server: { shards: 1 } });
  const metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  const data = await DataAdapter.start(set.data_adapter[0].request_reply_port);
  data.autoReply = false;
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'first', 'a');
  await until('SUB first', () => data.log.includes('SUB first'));
  for (let i = 0; i < kGivenUp; ++i) {
    await socket.subscribe(2 + i, `given_up_${i}`, 'a');
    socket.control(`LS_reqId=d${i}&LS_op=delete&LS_subId=${2 + i}`);
    await socket.next(`UNSUB,${2 + i}`);
  }
  await socket.subscribe(100, 'last', 'a');
  data.autoReply = true;
  data.reply(data.active.get('first'), 'SUB', 'V');
  await until('SUB last', () => data.log.includes('SUB last'));
  assert.deepEqual(
    data.log.filter((line) => line.includes('given_up')),
    [],
  );
  socket.terminate();
  metadata.kill();
  data.kill();
  await server.stop();
  assert.equal(server.totals().items_called_off, kGivenUp);
});
