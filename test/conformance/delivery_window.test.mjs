// SPDX-License-Identifier: Apache-2.0
// The coalescing window: who was quiet is written at once, who was not waits for it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { pause } from './lib/wait.mjs';

const kWindow = 3000; // half of it is time enough for a slow machine to bring what does not wait

// How long each of two updates takes that are published one right after the other to a quiet session.
async function twoUpdates(delivery) {
  const set = await adapterSet();
  const server = await Server.start({ adapter_set: [set], delivery });
  const adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { item: { n: '0' } } });
  const client = await TlcpSocket.session(server.port);
  await client.subscribe(1, 'item', 'n');
  await client.next('U,1,1,0');
  await pause(kWindow + 100);
  const start = performance.now();
  const took = [];
  for (const n of [1, 2]) {
    adapter.update('item', { n: `${n}` });
    await client.next(`U,1,1,${n}`);
    took.push(performance.now() - start);
  }
  adapter.kill();
  await server.stop();
  return took;
}

describe('a session that was quiet is written at once', () => {
  test('and then waits, if the window is not adaptive', async () => {
    const [first, second] = await twoUpdates({ max_delay_millis: kWindow, adaptive_delay: false });
    assert.ok(first < kWindow / 2, `the first took ${first} ms`);
    assert.ok(second > kWindow * 0.9, `the second took ${second} ms`);
  });
  test('and does not wait while the server has time to spare, if it is', async () => {
    const [, second] = await twoUpdates({ max_delay_millis: kWindow, adaptive_delay: true });
    assert.ok(second < kWindow / 2, `the second took ${second} ms`);
  });
});
