// SPDX-License-Identifier: Apache-2.0
// One system call sends to many clients: each gets what it would get by itself, whoever of the others stalls or is gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { CuttingProxy } from './lib/cutting_proxy.mjs';
import { control, createStream } from './lib/http.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

const kClients = 40;
const kUpdates = 30;
const kFiller = 'x'.repeat(4000);

for (const batch of [true, false]) {
  test(`batch_sends = ${batch}`, async () => {
    const set = await adapterSet();
    const server = await Server.start({ server: { shards: 1 }, adapter_set: [set], delivery: { batch_sends: batch } });
    const adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { n: '0' } } });
    const cable = await CuttingProxy.start(server.port);
    const sockets = [];
    for (let i = 0; i < kClients; ++i) sockets.push(await TlcpSocket.session(i === 0 ? cable.port : server.port));
    for (const socket of sockets) await socket.subscribe(1, 'x', 'n filler', '&LS_requested_max_frequency=unfiltered');
    const stream = await createStream(server.port, { params: '&LS_reduce_head=true' });
    await control(server.port, stream.sessionId, 'LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=x&LS_schema=n%20filler&LS_snapshot=true&LS_requested_max_frequency=unfiltered');
    await until('all snapshots', () => [...sockets, stream].every((one) => one.find('U,1,1,0')));
    cable.stall();
    for (let n = 1; n <= kUpdates; ++n) {
      if (n === 10) sockets[1].terminate();
      adapter.update('x', { n: String(n), filler: `${n}${kFiller}` });
      await until(`update ${n}`, () => sockets.slice(2).every((one) => one.find(`U,1,1,${n}|`)) && stream.find(`U,1,1,${n}|`));
    }
    cable.resume();
    for (const socket of [sockets[0], ...sockets.slice(2), stream]) {
      await until('the last one', () => socket.find(`U,1,1,${kUpdates}|`));
      const got = socket.all.filter((line) => line.startsWith('U,1,1,')).map((line) => Number(/^U,1,1,(\d+)/.exec(line)[1]));
      assert.deepEqual(got, Array.from({ length: kUpdates + 1 }, (_, i) => i));
    }
    for (const socket of sockets) socket.terminate();
    stream.destroy();
    adapter.kill();
    cable.stop();
    await server.stop();
    const { batches, batched_sends: sends } = server.totals();
    if (!batch || /no io_uring/.test(server.log)) {
      assert.deepEqual([batches, sends], [0, 0]);
    } else {
      assert.ok(batches > 0 && sends >= (kClients - 2) * kUpdates * 0.8, `${batches} batches, ${sends} sends`);
      assert.ok(sends / batches > 10, `${sends} sends in ${batches} batches`);
    }
  });
}
