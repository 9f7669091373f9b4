// SPDX-License-Identifier: Apache-2.0
// The scenes of flat_memory.mjs. Each is a server of its own with adapters over both transports, made by
// a function that is given `check`: { watched: [{ name, pid, busy, mostMiB }], stop?, goOn, end }.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import * as ari from '../lib/ari.mjs';
import { example } from '../lib/cpp_adapter.mjs';
import * as grpc from '../lib/grpc.mjs';
import { adapterSet, endpointOf, scratchDir, Server } from '../lib/server.mjs';
import { TlcpSocket } from '../lib/tlcp_ws.mjs';
import { until } from '../lib/wait.mjs';
import { frame, LightWebSocket } from './light_sockets.mjs';

const kTransports = ['ARI', 'gRPC'];
const kAdapterMiB = 10; // its queue has 1 MiB, and as much is being written
const kFreshMillis = 5000; // on a busy machine
const kDeaf = 100; // clients that do not read
const kAskers = 25; // clients of each Adapter Set whose adapter stands still
const kAskMillis = 250;
const kTimeoutMillis = 2000; // of the metadata adapters' answers
const kAnswerMillis = kTimeoutMillis + 3000; // on a busy machine
const kSilenceMillis = 5000; // after which an adapter is lost
const limits = { connections_per_address: 0, sessions_per_address: 0, session_rate_per_address: 0, request_rate_per_address: 0 };

const children = [];
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));
function run(program, args, env = process.env) {
  children.push(spawn(program, args, { env, stdio: ['pipe', 'ignore', 'ignore'] }));
  return children.at(-1);
}
const session = { recovery_max_bytes: 4000 }; // so that this is soon as much as it may be
const start = (...sets) => Server.start({ adapter_set: sets, limits, session, server: { shards: 1 }, log: { level: 'info' } });
const overGrpc = (transport) => transport === 'gRPC';
// A Data Adapter of this name for adapterSet().
const proxy = (transport, name) => ({ name, transport: transport.toLowerCase() });
const portOf = (set, name) => set.data_adapter.find((one) => one.name === name).request_reply_port;
// One that publishes as fast as it can, but lets others work.
const soak = (transport, port, policy = 'block') => run('nice', [process.env.SOAK_ADAPTER, endpointOf(port, overGrpc(transport)), '0', policy]);

// --- A server stands still

const kPolicies = { conflate: ['MERGE', 'm1%20m2%20m3%20m4%20m5'], refuse: ['DISTINCT', 'd1%20d2%20d3%20d4%20d5'] };

export async function stoppedServer(check) {
  const names = kTransports.flatMap((transport) => Object.keys(kPolicies).map((policy) => [transport, policy, `${policy} over ${transport}`]));
  const set = await adapterSet({ data: [...names.map(([transport, , name]) => proxy(transport, name)), proxy('gRPC', 'SENSORS')] });
  const server = await start(set);
  const watched = [];
  const seen = []; // the time of what the client saw last of each subscription
  const socket = await TlcpSocket.session(server.port);
  socket.onLine = (line) => {
    const [, sub, at] = /^U,(\d),\d+,(\d+)$/.exec(line) ?? [];
    if (sub) seen[sub] = Number(at);
    return true;
  };
  const subscribe = (sub, adapter, mode, items, field) =>
    socket.control(`LS_reqId=${sub}&LS_op=add&LS_subId=${sub}&LS_data_adapter=${encodeURIComponent(adapter)}&LS_mode=${mode}&LS_group=${items}&LS_schema=${field}&LS_requested_max_frequency=10&LS_requested_buffer_size=1`);
  names.forEach(([transport, policy, name], i) => {
    const { pid } = soak(transport, portOf(set, name), policy);
    watched.push({ name: `an adapter of a server that stands still, ${name}`, pid, busy: true, mostMiB: kAdapterMiB });
    subscribe(i + 1, name, ...kPolicies[policy], 'at');
  });
  watched.push({ name: 'the adapter in Python', pid: sensors(portOf(set, 'SENSORS')).pid });
  subscribe(names.length + 1, 'SENSORS', 'MERGE', 'sensor.timer', 'time');
  await until(() => `values of all; ${JSON.stringify(seen)}`, () => seen.filter(Boolean).length === names.length + 1, 20000);
  return {
    watched,
    stop: () => server.signal('SIGSTOP'),
    async goOn() {
      const since = Date.now();
      server.signal('SIGCONT');
      for (const [i, [, , name]] of names.entries()) {
        await until(`fresh values, ${name}`, () => seen[i + 1] >= since, 30000, 1).then(
          () => check(Date.now() - since < kFreshMillis, `the server goes on and has fresh values after ${Date.now() - since} ms, ${name}`),
          (error) => check(false, error.message),
        );
      }
    },
    end: () => server.stop(),
  };
}

const stubs = scratchDir();
process.once('exit', () => fs.rmSync(stubs, { recursive: true, force: true }));
function sensors(port) {
  const folder = fileURLToPath(new URL('../../../sdk-examples/python', import.meta.url));
  const { status, stderr } = spawnSync(path.join(folder, 'make-stubs'), [stubs], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return run(path.join(folder, 'sensors.py'), ['--server', endpointOf(port, true)], { ...process.env, PYTHONPATH: stubs });
}

// --- Clients do not read

const kItems = { MERGE: 'm1%20m2%20m3', COMMAND: 'c1', DISTINCT: 'd1', RAW: 'r1' };

class DeafClient extends LightWebSocket {
  #answered = 0;

  constructor(port, adapter) {
    super(port, ['x']);
    this.adapter = adapter;
  }
  subscribe() {
    Object.entries(kItems).forEach(([mode, items], i) => {
      const schema = mode === 'COMMAND' ? 'key%20command%20at' : 'value%20text%20at';
      this.socket.write(frame(`control\r\nLS_reqId=${i}&LS_op=add&LS_subId=${i + 1}&LS_data_adapter=${this.adapter}&LS_mode=${mode}&LS_group=${items}&LS_schema=${schema}&LS_ack=false`));
    });
  }
  line(line) {
    if (/^SUB(OK|CMD),/.test(line)) {
      if (++this.#answered < Object.keys(kItems).length) return;
      this.socket.pause();
      this.resolve();
    } else if (line.startsWith('U,')) {
      this.at = Number(/\d{13}$/.exec(line)?.[0] ?? this.at);
    } else {
      super.line(line);
    }
  }
}

export async function deafClients(check) {
  const set = await adapterSet({ data: kTransports.map((transport) => proxy(transport, transport)) });
  const server = await start(set);
  const adapters = kTransports.map((transport) => soak(transport, portOf(set, transport)));
  const clients = [];
  while (clients.length < kDeaf) {
    clients.push(new DeafClient(server.port, kTransports[clients.length % 2]));
    await clients.at(-1).ready;
  }
  return {
    watched: [
      { name: 'a server whose clients do not read', pid: server.pid, busy: true },
      ...kTransports.map((transport, i) => ({ name: `an adapter of it, over ${transport}`, pid: adapters[i].pid, busy: true, mostMiB: kAdapterMiB })),
    ],
    async goOn() {
      const since = Date.now();
      for (const client of clients) client.socket.resume();
      const behind = () => clients.filter((one) => !(one.at >= since)).length;
      await until(() => `fresh values everywhere; ${behind()} clients are behind`, () => behind() === 0, 30000).then(
        () => check(true, `${kDeaf} clients that read again have fresh values after ${Date.now() - since} ms`),
        (error) => check(false, error.message),
      );
      for (const client of clients) client.close();
      for (const adapter of adapters) adapter.kill('SIGKILL');
    },
    end: () => server.stop(),
  };
}

// --- Adapters stand still

// A client that asks, and notes how long each answer takes.
class Asker {
  #asked = new Map(); // what an answer is expected to -> since when
  #last = 0;
  slowest = 0;
  answers = []; // "REQERR 66"

  static async open(port, set, hasMetadata) {
    const asker = Object.assign(new Asker(), { hasMetadata });
    asker.socket = await TlcpSocket.session(port, { set });
    asker.socket.onLine = (line) => asker.#line(line.split(','));
    return asker;
  }
  ask() {
    const id = ++this.#last;
    this.#asked.set(`a${id}`, performance.now()).set(`b${id}`, performance.now());
    this.socket.control(`LS_reqId=a${id}&LS_op=add&LS_subId=${id}&LS_mode=MERGE&LS_group=m${id % 500}&LS_schema=value`);
    if (this.hasMetadata) this.socket.send(`msg\r\nLS_reqId=b${id}&LS_message=hello&LS_msg_prog=${id}`);
    else this.socket.control(`LS_reqId=b${id}&LS_op=delete&LS_subId=${id}`);
  }
  #line([tag, first, second, code]) {
    const told = { SUBOK: `a${first}`, UNSUB: `b${first}`, MSGDONE: `b${second}`, MSGFAIL: `b${second}`, REQERR: first }[tag];
    if (!this.#asked.has(told)) return true;
    this.slowest = Math.max(this.slowest, performance.now() - this.#asked.get(told));
    this.#asked.delete(told);
    this.answers.push([tag, { REQERR: second, MSGFAIL: code }[tag]].join(' ').trim());
    return true;
  }
  get waiting() {
    return this.#asked.size;
  }
}

export async function stoppedAdapters(check) {
  const each = { keepalive_timeout_millis: kSilenceMillis };
  const sets = [];
  for (const transport of kTransports) {
    sets.push(await adapterSet({ id: `META-${transport}`, overGrpc: overGrpc(transport), metadata: { timeout_millis: kTimeoutMillis, ...each }, each }));
    sets.push(await adapterSet({ id: `DATA-${transport}`, overGrpc: overGrpc(transport), each }));
  }
  const server = await start(...sets);
  const adapters = kTransports.flatMap((transport, i) => {
    const [set, other] = sets.slice(2 * i);
    const endpoints = [set.metadata_adapter.request_reply_port, portOf(set, 'DEFAULT')].map((port) => endpointOf(port, overGrpc(transport)));
    return [
      run(example('portfolio'), ['--metadata-server', endpoints[0], '--data-server', endpoints[1]]),
      soak(transport, portOf(other, 'DEFAULT')),
    ];
  });
  const askers = [];
  for (const { id, metadata_adapter: metadata } of sets) {
    if (metadata) await until(`the adapter of ${id}`, () => server.log.includes(`"remote adapter active" proxy=${id} `));
    for (let i = 0; i < kAskers; ++i) askers.push(await Asker.open(server.port, id, metadata !== undefined));
  }
  let timer = null;
  return {
    watched: [{ name: 'a server whose adapters stand still', pid: server.pid }],
    stop() {
      for (const adapter of adapters) adapter.kill('SIGSTOP');
      timer = setInterval(() => askers.forEach((one) => one.ask()), kAskMillis);
    },
    async goOn() {
      clearInterval(timer);
      const waiting = () => askers.reduce((sum, one) => sum + one.waiting, 0);
      await until('all answers', () => waiting() === 0, kAnswerMillis).catch(() => {});
      const answers = askers.flatMap((one) => one.answers);
      const slowest = Math.max(...askers.map((one) => one.slowest));
      check(waiting() === 0 && slowest < kAnswerMillis, `${answers.length} requests are answered, the slowest after ${slowest.toFixed(0)} ms; ${waiting()} are not`);
      console.log(`# answers: ${[...new Set(answers)].map((what) => `${what}: ${answers.filter((one) => one === what).length}`).join(', ')}`);
    },
    async end() {
      for (const adapter of adapters) adapter.kill('SIGKILL');
      await server.stop();
    },
  };
}

// --- Adapters send what nobody wants

export async function floods(check) {
  const set = await adapterSet({ data: kTransports.map((transport) => proxy(transport, transport)) });
  const server = await start(set);
  const adapters = [];
  for (const [i, { DataAdapter }] of [ari, grpc].entries()) {
    const adapter = await DataAdapter.start(portOf(set, kTransports[i]));
    const client = await TlcpSocket.session(server.port);
    await client.subscribe(1, 'past', 'f', `&LS_data_adapter=${kTransports[i]}`);
    await adapter.subscribed('past');
    adapters.push({ adapter, past: adapter.active.get('past'), stream: adapter.call ?? adapter.notify });
    client.terminate();
    await until('its end', () => !adapter.active.has('past'), 20000);
  }
  const events = (past, tell) =>
    Array.from({ length: 500 }, (_, n) => (n % 2 ? tell('past', past) : tell(`nobody${n}`, String(10 ** 9 + n))));
  const value = 'x'.repeat(50);
  const [overAri, overStream] = adapters;
  overAri.chunk = Buffer.from(events(overAri.past, (item, id) => `1|UD3|S|${item}|S|${id}|B|0|S|f|S|${value}\r\n`).join(''));
  const { first, next } = overStream.adapter.bytes(() => events(overStream.past, (item, id) => overStream.adapter.update(item, { f: value }, false, id)));
  overStream.stream.write(first);
  overStream.chunk = next;
  let running = true;
  let sent = 0;
  const flood = async ({ stream, chunk }) => {
    for (; running; sent += chunk.length) if (!stream.write(chunk)) await once(stream, 'drain');
  };
  let flows = [];
  return {
    watched: [{ name: 'a server that is sent what nobody wants', pid: server.pid, busy: true }],
    stop: () => (flows = adapters.map(flood)),
    async goOn() {
      running = false;
      await Promise.all(flows);
    },
    async end() {
      for (const { adapter } of adapters) adapter.kill();
      await server.stop();
      const { events_stale: stale, malformed_lines: malformed } = server.totals();
      console.log(`# ${(sent / (1 << 20)).toFixed(0)} MiB of ${stale} events that nobody wanted`);
      check(stale > 1e5 && malformed === 0, 'they are dropped and counted');
    },
  };
}
