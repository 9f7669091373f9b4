// SPDX-License-Identifier: Apache-2.0
// A soak: adapters at full rate come and go, clients come and go, and the memory of the server and of an
// adapter that lives all the time is looked at every few seconds. In the end a straight line through
// the last two thirds says whether it was flat. Prints "ok …", "not ok …" and "# …" lines.
//   PENSTOCK_BIN=… SOAK_ADAPTER=… node load/soak.mjs [minutes] [updates per second, 0 = all it can]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';

import { MetadataAdapter } from '../lib/ari.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { pause, until } from '../lib/wait.mjs';
import { frame, LightWebSocket } from './light_sockets.mjs';

const [minutes = 60, rate = 0] = process.argv.slice(2).map(Number);
const kClients = 80;
const kItems = { m: ['MERGE', 'value text', 100], c: ['COMMAND', 'key command value', 10], d: ['DISTINCT', 'value text', 10] };
const kMayGrow = 0.05; // of the memory, over the last two thirds
const kMayGrowMiB = minutes < 10 ? 24 : 6; // in a few minutes not everything has been there once
const kSilenceMillis = 1500; // after which an adapter is lost
const kSampleMillis = Math.max(1000, Math.min(5000, minutes * 1000));

let bad = 0;
function check(good, what) {
  console.log(`${good ? 'ok' : 'not ok'} ${what}`);
  if (!good) ++bad;
}
const memoryOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

class Adapter {
  constructor(port, perSecond) {
    this.child = spawn(process.env.SOAK_ADAPTER, [`tcp://127.0.0.1:${port}`, String(perSecond)], { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  async end(signal) {
    const end = once(this.child, 'exit');
    this.child.kill('SIGCONT');
    this.child.kill(signal);
    return end;
  }
}

process.once('exit', () => [steady, coming].forEach((one) => one?.child.kill('SIGKILL')));

let opened = 0;
class Client extends LightWebSocket {
  #answered = 0;

  constructor(port) {
    super(port, ['x']);
    this.number = opened++;
  }
  subscribe() {
    let id = 0;
    for (const adapter of ['STEADY', 'COMING']) {
      for (const [kind, [mode, schema, count]] of Object.entries(kItems)) {
        const group = Array.from({ length: kind === 'm' ? 10 : 1 }, (_, i) => `${kind}${(this.number * 7 + i) % count}`).join('%20');
        ++id;
        this.socket.write(frame(`control\r\nLS_reqId=${id}&LS_op=add&LS_subId=${id}&LS_mode=${mode}&LS_group=${group}&LS_schema=${encodeURIComponent(schema)}` +
          `&LS_data_adapter=${adapter}&LS_snapshot=true&LS_requested_max_frequency=1&LS_requested_buffer_size=5&LS_ack=false`));
      }
    }
  }
  line(line) {
    if (/^SUB(OK|CMD),/.test(line)) {
      if (++this.#answered === 6) this.resolve();
    } else if (line.startsWith('U,')) {
      this.lines++;
    } else if (!line.startsWith('REQERR')) {
      super.line(line);
    } else {
      this.fail(line);
    }
  }
}

// The line through [seconds, MiB]: what it gains over all of the time, and in an hour.
function verdict(name, samples) {
  const last = samples.filter(([at]) => at >= samples.at(-1)[0] / 3);
  const n = last.length;
  const mean = (of) => last.reduce((sum, one) => sum + of(one), 0) / n;
  const [x, y] = [mean(([at]) => at), mean(([, mib]) => mib)];
  const slope = last.reduce((sum, [at, mib]) => sum + (at - x) * (mib - y), 0) / last.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  const grows = slope * (last.at(-1)[0] - last[0][0]);
  const [least, most] = [Math.min(...last.map(([, mib]) => mib)), Math.max(...last.map(([, mib]) => mib))];
  const may = Math.max(kMayGrowMiB, y * kMayGrow);
  console.log(`# ${name}: ${y.toFixed(1)} MiB (${least.toFixed(1)} to ${most.toFixed(1)}), slope ${(slope * 3600).toFixed(2)} MiB/h, ${grows.toFixed(2)} MiB over the last two thirds`);
  check(grows < may, `the memory of ${name} is ${grows < may ? 'flat' : 'not flat'}: ${grows.toFixed(2)} MiB in ${((last.at(-1)[0] - last[0][0]) / 60).toFixed(1)} min, ${may.toFixed(1)} allowed`);
}

const set = await adapterSet({ metadata: { timeout_millis: 60000 }, data: ['STEADY', 'COMING'], each: { keepalive_timeout_millis: kSilenceMillis, connection_recovery_timeout_millis: 50 } });
const limits = { connections_per_address: 0, sessions_per_address: 0, session_rate_per_address: 0, request_rate_per_address: 0 };
const session = { recovery_max_bytes: 4000, timeout_millis: 2000, recovery_millis: 2000 };
const server = await Server.start({ adapter_set: [set], limits, session, log: { level: 'error' }, delivery: { item_linger_millis: 500 } });
const policy = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
const ports = set.data_adapter.map((one) => one.request_reply_port);
const steady = new Adapter(ports[0], rate);
let coming = new Adapter(ports[1], rate);
const clients = [];
const samples = { 'the server': [], 'the adapter': [] };
let start = 0;
const counts = { clients: 0, kills: 0, stops: 0 };
let lines = 0;

// Calls `act` again and again, so often, until the end.
async function repeat(millis, act) {
  while (performance.now() + millis < start + minutes * 60000 && !bad) {
    await pause(millis);
    await act();
  }
}
async function churn() {
  const client = new Client(server.port);
  await client.ready;
  ++counts.clients;
  clients.push(client);
  if (clients.length <= kClients) return;
  const [oldest] = clients.splice(Math.floor(Math.random() * 10), 1);
  lines += oldest.lines;
  oldest.close();
}
function sample() {
  const at = (performance.now() - start) / 1000;
  samples['the server'].push([at, memoryOf(server.pid)]);
  samples['the adapter'].push([at, memoryOf(steady.child.pid)]);
  policy.packets.length = 0; // of the test's own
}

try {
  await Promise.all(Array.from({ length: kClients }, churn));
  console.log(`# ${kClients} sessions watch; two adapters, ${rate === 0 ? 'as fast as they can' : `${rate} updates per second each`}`);
  start = performance.now();
  await Promise.all([
    repeat(250, churn),
    repeat(kSampleMillis, async () => sample()),
    // Killed, and another one in its place.
    repeat(7000, async () => {
      await coming.end('SIGKILL');
      coming = new Adapter(ports[1], rate);
      ++counts.kills;
    }),
    // Stopped until it is lost: it comes back by itself.
    repeat(11000, async () => {
      steady.child.kill('SIGSTOP');
      await pause(kSilenceMillis + 1000);
      steady.child.kill('SIGCONT');
      ++counts.stops;
    }),
  ]);
  const before = clients.map((client) => client.lines);
  await until('news everywhere', () => clients.every((client, i) => client.lines > before[i]), 20000);
  check(true, `each of ${clients.length} sessions is told news in the end`);
  const lost = clients.filter((client) => client.error);
  check(lost.length === 0, `no session was lost${lost.length ? `: ${lost[0].error}` : ''}`);
  for (const client of clients) lines += client.lines;
  console.log(`# ${((performance.now() - start) / 60000).toFixed(1)} min, ${counts.clients} sessions, ${lines} lines to them; an adapter killed ${counts.kills} times, another lost ${counts.stops} times`);
  for (const [name, list] of Object.entries(samples)) verdict(name, list);
} catch (error) {
  check(false, error.message.slice(0, 500));
} finally {
  for (const client of clients) client.close();
  await coming.end('SIGKILL');
  const [code] = await steady.end('SIGTERM');
  check(code === 0, `the adapter ends in order (exit code ${code})`);
  policy.kill();
  await server.stop().then(() => check(true, 'the server stops cleanly'), (error) => check(false, error.message.slice(0, 500)));
}
process.exit(bad ? 1 : 0);
