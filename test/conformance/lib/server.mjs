// SPDX-License-Identifier: Apache-2.0
// The server's binary under test: started with a configuration on free ports, its log kept, and at
// its stop held to what every test asks of it: exit code 0 and no word of a sanitizer.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { closeLater } from './cleanup.mjs';
import { freePort } from './ports.mjs';
import { toml } from './toml.mjs';
import { kPatience, until } from './wait.mjs';

const kRoot = fileURLToPath(new URL('../../..', import.meta.url));
const kGraceMillis = 25000; // for the test's own stop()
export const kSanitizer = /ERROR: AddressSanitizer|ERROR: LeakSanitizer|WARNING: ThreadSanitizer|runtime error:/;

// What scripted adapters speak in this run; adapterSet() makes proxies for it.
export const kOverGrpc = process.env.PENSTOCK_ADAPTERS === 'grpc';

// Which adapter a port is for, as adapterSet() made it: { adapterSet, dataAdapter }.
const adapters = new Map();
export const adapterAt = (port) => adapters.get(port);

// The servers that tell in their logs of remote adapters, by the ports of their proxies.
const servers = new Map();

// Tells whether a remote adapter of the port has been let in since this was called: an adapter has
// sent its answer to init before the server has read it, and what comes on another connection may be
// there first. Always true where no log tells. `hello`: what the adapter says it is, if not what
// adapterSet() says.
export function admission(port, { adapter_set, data_adapter } = {}) {
  const server = servers.get(port);
  const known = adapters.get(port);
  if (!server || !known) return () => true;
  const from = server.log.length;
  const name = [adapter_set ?? known.adapterSet, data_adapter ?? known.dataAdapter].filter(Boolean).join('.');
  return () => !server.running || server.log.includes(`"remote adapter ready" proxy=${name} `, from);
}

// Where an adapter of the SDK finds the proxy that adapterSet() made for the port.
export function endpointOf(port, overGrpc = kOverGrpc) {
  if (!overGrpc) return `tcp://127.0.0.1:${port}`;
  const { adapterSet: set, dataAdapter } = adapterAt(port);
  return `grpc://127.0.0.1:${port}/${[set, dataAdapter].filter(Boolean).map(encodeURIComponent).join('/')}`;
}

export function binary() {
  const found = [process.env.PENSTOCK_BIN, 'build/dev/server/app/penstock', 'build/release/server/app/penstock']
    .filter(Boolean)
    .map((name) => path.resolve(kRoot, name))
    .find((name) => fs.existsSync(name));
  assert.ok(found, 'no server binary: build it, or name it in PENSTOCK_BIN');
  return found;
}

export function scratchDir() {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'penstock-test-'));
}

// Runs the binary to its end: { status, stdout, stderr }.
export function run(...args) {
  return spawnSync(binary(), args, { encoding: 'utf8', timeout: 20000, stdio: ['ignore', 'pipe', 'pipe'] });
}

export const connects = (port) =>
  new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });

export class Server {
  #child;
  #log = '';
  #exit = null;
  #dir = scratchDir();
  #tells = false; // in its log, where it listens and who is let in

  constructor(port, scheme) {
    this.port = port;
    this.url = `${scheme}://127.0.0.1:${port}`;
  }

  // `settings` as the TOML file has them; listener, log, linger (none, so that nothing waits for it)
  // and a set's ports have test values unless given. With `ready: false` it returns before the server listens.
  // `within` goes in front of the command, to run it where nobody here can tell whether it listens.
  static async start(settings = {}, { ready = true, args = [], within = [] } = {}) {
    const port = settings.listener?.[0]?.port ?? (await freePort());
    const server = closeLater(new Server(port, settings.listener?.[0]?.tls ? 'https' : 'http'), (one) => setTimeout(() => one.running && one.signal('SIGKILL'), kGraceMillis).unref());
    const whole = {
      ...settings,
      listener: settings.listener?.map((one) => ({ port, ...one })) ?? [{ port }],
      log: { level: 'debug', ...settings.log },
      delivery: { item_linger_millis: 0, ...settings.delivery },
    };
    const file = path.join(server.#dir, 'penstock.toml');
    fs.writeFileSync(file, toml(whole));
    const [program, ...rest] = [...within, binary(), '--config', file, ...args];
    server.#child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [server.#child.stdout, server.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (server.#log += text));
    }
    server.#child.on('close', (code, signal) => (server.#exit = { code, signal })); // with its whole log
    server.#tells = ['trace', 'debug', 'info'].includes(whole.log.level) && !whole.log.file;
    if (server.#tells) server.#expectAdapters(settings.adapter_set ?? []);
    if (ready && within.length === 0) await server.ready();
    return server;
  }

  async ready() {
    await until(
      () => `the server to listen on ${this.port}; its log:\n${this.#log}`,
      async () => {
        if (this.#exit) throw new Error(`the server ended at its start (${JSON.stringify(this.#exit)}):\n${this.#log}`);
        return this.#tells ? this.#log.includes(' server started version=') : connects(this.port);
      },
      2 * kPatience,
    );
  }

  #expectAdapters(sets) {
    for (const { metadata_adapter, data_adapter = [] } of sets) {
      for (const proxy of [metadata_adapter, ...data_adapter]) if (proxy) servers.set(proxy.request_reply_port, this);
    }
  }

  get log() {
    return this.#log;
  }
  get pid() {
    return this.#child.pid;
  }
  get running() {
    return this.#exit === null;
  }
  // The sums of what the shards have counted, once it has stopped; of its listeners and proxies as well.
  totals() {
    const sum = {};
    for (const line of this.#log.split('\n').filter((one) => /\b(shard|listener|proxy) totals\b/.test(one))) {
      for (const [, name, value] of line.matchAll(/(\w+)=(\d+)/g)) sum[name] = (sum[name] ?? 0) + Number(value);
    }
    return sum;
  }
  signal(name) {
    this.#child.kill(name);
  }

  // Waits for the end by itself and gives { code, signal }.
  async ended(millis = 2 * kPatience) {
    await until(() => `the server to end; its log:\n${this.#log.slice(-3000)}`, () => this.#exit, millis);
    fs.rmSync(this.#dir, { recursive: true, force: true });
    return this.#exit;
  }

  async stop() {
    try {
      if (this.running) this.signal('SIGTERM');
      const end = await this.ended(kPatience);
      assert.ok(!kSanitizer.test(this.#log), `a sanitizer spoke:\n${this.#log.slice(-6000)}`);
      assert.deepEqual(end, { code: 0, signal: null }, `the server's end; its log:\n${this.#log.slice(-3000)}`);
    } finally {
      if (this.running) this.signal('SIGKILL');
    }
  }
}

// One Adapter Set as the file has it, all ports free: with a Metadata Adapter if `metadata`.
export async function adapterSet({ id = 'DEMO', metadata = null, data = ['DEFAULT'], each = {}, overGrpc = kOverGrpc } = {}) {
  const set = { id };
  const transport = overGrpc ? { transport: 'grpc' } : {};
  if (metadata) {
    set.metadata_adapter = {
      request_reply_port: await freePort(),
      first_connection_timeout_millis: 0,
      connection_recovery_timeout_millis: 200,
      ...transport,
      ...metadata,
    };
    adapters.set(set.metadata_adapter.request_reply_port, { adapterSet: id });
  }
  set.data_adapter = [];
  for (const one of data) {
    const given = typeof one === 'string' ? { name: one } : one;
    set.data_adapter.push({
      request_reply_port: await freePort(),
      connection_recovery_timeout_millis: 200,
      ...transport,
      ...(given.notify_port === true ? { ...given, notify_port: await freePort() } : given),
      ...each,
    });
    const { name, request_reply_port: port } = set.data_adapter.at(-1);
    adapters.set(port, { adapterSet: id, dataAdapter: name ?? 'DEFAULT' });
  }
  return set;
}
