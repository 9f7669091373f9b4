// SPDX-License-Identifier: Apache-2.0
// Flow control over gRPC: who cannot take more holds up who sends, and neither grows.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client } from './lib/client.mjs';
import { GrpcProcess, kBatchBytes, memoryOf } from './lib/grpc_process.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

// What a sanitizer keeps of what is freed would look like growth.
process.env.ASAN_OPTIONS = [process.env.ASAN_OPTIONS, 'quarantine_size_mb=8'].filter(Boolean).join(':');

const kMiB = 1024 * 1024;
// How much goes through while memory is watched, or how long nothing does.
const kBatches = (100 * kMiB) / kBatchBytes;
const kWatchMillis = 4000;
// Both ends' buffers, the kernel's, and what collectors of garbage leave lying about.
const kRoomMiB = 48;

// The most that memory grew until `over`, or until it was too much.
async function growth(memory, over) {
  const start = memory();
  let most = 0;
  await until('the end of a measurement', () => {
    most = Math.max(most, memory() - start);
    return most > kRoomMiB || over();
  }, 150000, 50);
  return Math.round(most);
}
const inMillis = (millis) => {
  const end = Date.now() + millis;
  return () => Date.now() >= end;
};

test('an adapter at full rate is held up by a server that has more to do, and by one that stands still', async () => {
  const set = await adapterSet({ overGrpc: true });
  const server = await Server.start({ adapter_set: [set], log: { level: 'info' } });
  const adapter = await GrpcProcess.start('flood', set.data_adapter[0].request_reply_port);
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['x'], ['text', 'n'], { mode: 'MERGE' }).active();
  await until('updates, with all buffers full', () => record.updates.length > 0 && adapter.sent > 100, 60000);

  const start = adapter.sent;
  const over = () => adapter.sent - start > kBatches;
  const [adapterGrew, serverGrew] = await Promise.all([growth(() => adapter.memory, over), growth(() => memoryOf(server.pid), over)]);
  assert.ok(adapterGrew < kRoomMiB, `the adapter grew by ${adapterGrew} MiB`);
  assert.ok(serverGrew < kRoomMiB, `the server grew by ${serverGrew} MiB`);

  server.signal('SIGSTOP');
  let before = -1;
  await until('all buffers to be full', async () => before === (before = adapter.sent), 60000, 2000);
  const stoppedGrew = await growth(() => adapter.memory, inMillis(kWatchMillis));
  const after = adapter.sent;
  server.signal('SIGCONT');
  assert.equal(after, before, 'batches went into a server that stands still');
  assert.ok(stoppedGrew < kRoomMiB, `the adapter grew by ${stoppedGrew} MiB while the server stood still`);
  await until('the flow to go on', () => adapter.sent > after + 20, 30000);

  client.disconnect();
  adapter.signal('SIGKILL');
  await server.stop();
});

test('an adapter that stands still does not make the server grow, and is lost when it answers no pings', async () => {
  const set = await adapterSet({ overGrpc: true, metadata: { keepalive_timeout_millis: 6000 } });
  const server = await Server.start({ adapter_set: [set], log: { level: 'info' } });
  const adapter = await GrpcProcess.start('metadata', set.metadata_adapter.request_reply_port);
  const client = await Client.connected(server.url);
  await client.send('before').outcome();
  adapter.signal('SIGSTOP');
  const text = 'x'.repeat(16 * 1024);
  const timer = setInterval(() => client.send(text), 1); // 16 MiB a second
  const grew = await growth(() => memoryOf(server.pid), inMillis(2500));
  clearInterval(timer);
  assert.ok(grew < kRoomMiB, `the server grew by ${grew} MiB`);
  await until('the loss', () => server.log.includes('remote adapter lost'), 30000);
  client.disconnect();
  adapter.signal('SIGKILL');
  await server.stop();
});
