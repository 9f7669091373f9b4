// SPDX-License-Identifier: Apache-2.0
// What a quiet session costs the server: resident memory, by kind of connection and number of MERGE items, a moment after
// all are open, when the recovery log still holds what was sent. A table in Markdown.
//   PENSTOCK_BIN=… node load/session_memory.mjs [sessions]
import fs from 'node:fs';

import { DataAdapter } from '../lib/ari.mjs';
import { Authority, files } from '../lib/certs.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { pause } from '../lib/wait.mjs';
import { LightStream, LightWebSocket } from './light_sockets.mjs';

const sessions = Number(process.argv[2] ?? 10000);
const kBatch = 200;
const kItems = [0, 1, 10];
const authority = new Authority();

const memoryOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

async function bytesOfEach(Kind, secure, items) {
  const set = await adapterSet();
  const listener = secure ? [{ tls: { certificates: [files(authority.sign('server'))] } }] : undefined;
  const limits = { connections_per_address: 0, sessions_per_address: 0, session_rate_per_address: 0, request_rate_per_address: 0 };
  const server = await Server.start({ adapter_set: [set], listener, limits, server: { shards: 1 }, log: { level: 'warn' } });
  const adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { value: 'snapshot' } } });
  const names = Array.from({ length: items }, (_, i) => `item${i}`);
  const open = async (count) => {
    const clients = [];
    while (clients.length < count) {
      const batch = Array.from({ length: Math.min(kBatch, count - clients.length) }, () => new Kind(server.port, names, secure ? { ca: authority.pem } : null));
      clients.push(...batch);
      await Promise.all(batch.map((client) => client.ready));
    }
    return clients;
  };
  const few = await open(100); // what all share is there before the count begins
  await pause(300);
  const before = memoryOf(server.pid);
  const many = await open(sessions);
  await pause(1500);
  const each = Math.round((memoryOf(server.pid) - before) / sessions);
  for (const client of [...few, ...many]) client.close();
  adapter.kill();
  await server.stop();
  return each;
}

console.log(`| ${sessions} quiet sessions, bytes each | ${kItems.map((items) => `${items} items`).join(' | ')} |`);
console.log(`|---|${kItems.map(() => '---|').join('')}`);
for (const [name, Kind, secure] of [
  ['WebSocket', LightWebSocket, false],
  ['WebSocket over TLS', LightWebSocket, true],
  ['HTTP streaming', LightStream, false],
]) {
  const row = [];
  for (const items of kItems) row.push(await bytesOfEach(Kind, secure, items));
  console.log(`| ${name} | ${row.join(' | ')} |`);
}
process.exit(0);
