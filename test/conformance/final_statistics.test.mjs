// SPDX-License-Identifier: Apache-2.0
// What NTC says of a subscription that has ended: events sent, lost and filtered, an item each, where NNT asked for it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/adapters.mjs';
import { adapterSet, kOverGrpc, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

async function withServer(options, work) {
  const set = await adapterSet({ metadata: {} });
  const server = await Server.start({ adapter_set: [set] });
  const metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port, options);
  const data = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: 'snap' } } });
  try {
    await work({ server, metadata, data });
  } finally {
    metadata.kill();
    data.kill();
    await server.stop();
  }
}

// NTC of one subscription to "x y" with five events of "x" of which the client is sent what it may; the part behind
// the two items.
async function endOf({ server, metadata, data }, mode, extra = '') {
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'x y', 'a', extra, mode);
  for (const item of ['x', 'y']) await data.subscribed(item);
  if (mode === 'MERGE') await until('both snapshots', () => [1, 2].every((number) => socket.all.includes(`U,1,${number},snap`)));
  data.burst(() => {
    for (let i = 0; i < 5; ++i) data.update('x', { a: String(i) });
  });
  await socket.next('U,1,1,4');
  const sent = socket.all.filter((line) => /^U,1,1,[0-4]$/.test(line)).length;
  socket.control('LS_reqId=2&LS_op=delete&LS_subId=1');
  const ntc = await metadata.seen('NTC', ([id]) => id === socket.sessionId);
  socket.terminate();
  return { sent, said: ntc.line.split('|S|x|S|y|')[1], line: ntc.line };
}

test('RAW: every event is sent', () =>
  withServer({ answers: { NNT: () => 'B|0|B|1' } }, async (house) => {
    assert.deepEqual((({ sent, said }) => ({ sent, said }))(await endOf(house, 'RAW')), { sent: 5, said: 'I|2|L|5|L|0|L|0|L|0|L|0|L|0' });
  }));

test('MERGE: what is merged is filtered, the snapshot is no event', () =>
  withServer({ answers: { NNT: () => 'B|0|B|1' } }, async (house) => {
    const { sent, said } = await endOf(house, 'MERGE', '&LS_requested_max_frequency=2');
    assert.ok(sent < 5);
    assert.equal(said, `I|2|L|${sent}|L|0|L|${5 - sent}|L|0|L|0|L|0`);
  }));

test('an adapter that does not ask for them gets none', async () => {
  for (const answer of ['V', 'B|1|B|0']) {
    await withServer({ answers: { NNT: () => answer } }, async (house) => assert.equal((await endOf(house, 'RAW')).said, 'I|0'));
  }
});

test('1.8.3 has neither items nor statistics; nor has the kit for Node', { skip: kOverGrpc }, async () => {
  for (const options of [{ version: '1.8.3' }, { rac: { SDK: 'Node.js Adapter SDK' }, answers: { NNT: () => 'B|0|B|1' } }]) {
    await withServer(options, async (house) => assert.match((await endOf(house, 'RAW')).line, /\|I\|1\|I\|2\|S\|#$/));
  }
});
