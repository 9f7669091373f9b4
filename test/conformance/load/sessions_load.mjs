// SPDX-License-Identifier: Apache-2.0
// Thousands of sessions at once on one server: every one is told every last value, none is lost, and
// the server's memory does not grow while they only receive. Prints "ok …" and "not ok …" lines.
//   PENSTOCK_BIN=… node load/sessions_load.mjs [WebSocket sessions] [HTTP streams] [seconds] [tls]
import fs from 'node:fs';

import { DataAdapter } from '../lib/ari.mjs';
import { Authority, files } from '../lib/certs.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { pause, until } from '../lib/wait.mjs';
import { LightStream, LightWebSocket } from './light_sockets.mjs';

const [webSockets = 5000, streams = 1000, seconds = 20] = process.argv.slice(2, 5).map(Number);
const authority = process.argv[5] === 'tls' ? new Authority() : null;
const kSecure = authority ? { ca: authority.pem } : null;
const kItems = 50;
const kBatch = 200;
const kMayGrow = 1.1;

let bad = 0;
function check(good, what) {
  console.log(`${good ? 'ok' : 'not ok'} ${what}`);
  if (!good) ++bad;
}

const memoryOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

// A value for each item, once: two lines for each session.
let wave = 0;
function feed(adapter) {
  ++wave;
  adapter.socket.cork();
  for (let i = 0; i < kItems; ++i) adapter.update(`item${i}`, { value: `w${wave}` });
  adapter.update('all', { value: `w${wave}` });
  adapter.socket.uncork();
}

async function open(Kind, port, count) {
  const clients = [];
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(kBatch, count - clients.length) }, (_, i) => new Kind(port, [`item${(clients.length + i) % kItems}`, 'all'], kSecure));
    clients.push(...batch);
    await Promise.all(batch.map((client) => client.ready));
  }
  return clients;
}

const set = await adapterSet();
const listener = authority ? [{ tls: { certificates: [files(authority.sign('server'))] } }] : undefined;
const server = await Server.start({ adapter_set: [set], listener, session: { recovery_max_bytes: 1000 }, log: { level: 'warn' } });
const adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { value: 'snapshot' } } });
const empty = memoryOf(server.pid);
let clients = [];
try {
  const started = Date.now();
  clients = [...(await open(LightWebSocket, server.port, webSockets)), ...(await open(LightStream, server.port, streams))];
  const took = (Date.now() - started) / 1000;
  check(true, `${webSockets} WebSocket and ${streams} HTTP streaming sessions opened${authority ? ' over TLS' : ''}`);

  const everyone = () => clients.every((client) => client.last[0] === `w${wave}` && client.last[1] === `w${wave}`);
  const behind = () => clients.filter((client) => client.last[0] !== `w${wave}` || client.last[1] !== `w${wave}`).length;
  const seconds5 = Date.now() + 5000;
  while (Date.now() < seconds5) {
    feed(adapter); // until the recovery logs are full
    await pause(125);
  }
  await until(() => `all sessions to have wave ${wave}; ${behind()} are behind`, everyone, 20000);
  const warm = memoryOf(server.pid);

  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    feed(adapter);
    await pause(1000);
  }
  await until(() => `all sessions to have wave ${wave}; ${behind()} are behind`, everyone, 20000);
  check(true, `each of ${clients.length} sessions has the last value of both of its items`);
  const least = Math.min(...clients.map((client) => client.lines));
  check(least >= wave, `each session got at least one line a wave: ${least} lines, ${wave} waves`);
  const after = memoryOf(server.pid);
  check(after < warm * kMayGrow, `memory is steady: ${warm.toFixed(0)} MiB, then ${after.toFixed(0)} MiB`);
  const errors = clients.filter((client) => client.error);
  check(errors.length === 0, `no session was lost${errors.length ? `: ${errors.length}, such as ${errors[0].error}` : ''}`);
  console.log(`# opened in ${took.toFixed(1)} s; memory ${empty.toFixed(0)} MiB empty, ${after.toFixed(0)} MiB with all sessions, ${(((after - empty) * 1024) / clients.length).toFixed(1)} KiB a session`);

  clients.forEach((client) => client.close());
  await until('USB of every item once all clients have gone', () => adapter.active.size === 0, 30000);
  check(true, 'every item is unsubscribed once all clients have gone');
} catch (error) {
  check(false, error.message.slice(0, 500));
} finally {
  clients.forEach((client) => client.close());
  adapter.kill();
  await server.stop().then(() => check(true, 'the server stops cleanly'), (error) => check(false, error.message.slice(0, 500)));
}
authority?.remove();
process.exit(bad ? 1 : 0);
