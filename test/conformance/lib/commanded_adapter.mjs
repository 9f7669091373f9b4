// SPDX-License-Identifier: Apache-2.0
// A Data Adapter made with the C++ SDK, in a process of its own, that does what a test says
// (test/support/commanded_adapter.cc).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';

import { closeLater } from './cleanup.mjs';
import { binary, endpointOf } from './server.mjs';
import { kPatience, until } from './wait.mjs';

const kRoot = fileURLToPath(new URL('../../..', import.meta.url));
const kSanitizer = /ERROR: AddressSanitizer|ERROR: LeakSanitizer|WARNING: ThreadSanitizer|runtime error:/;

function program() {
  const found = [path.join(path.dirname(binary()), '../../test/support/commanded_adapter'), 'build/dev/test/support/commanded_adapter']
    .map((name) => path.resolve(kRoot, name))
    .find((name) => fs.existsSync(name));
  assert.ok(found, 'no commanded_adapter: build it');
  return found;
}

export class CommandedAdapter {
  said = []; // its lines
  log = '';
  exit = null;
  #child;
  #servers = {}; // endpoints by port

  // `ports` of servers on this machine; all have opened the adapter when it returns.
  static async start(ports, { policy = 'block', maxQueued = 16 << 20, overGrpc } = {}) {
    const adapter = new CommandedAdapter();
    const servers = ports.map((port) => (adapter.#servers[port] = endpointOf(port, overGrpc)));
    adapter.#child = spawn(program(), [policy, String(maxQueued), ...servers], { stdio: ['pipe', 'pipe', 'pipe'] });
    closeLater(adapter, (one) => one.exit ?? one.#child.kill('SIGKILL'));
    readline.createInterface({ input: adapter.#child.stdout }).on('line', (line) => adapter.said.push(line));
    adapter.#child.stderr.setEncoding('utf8').on('data', (text) => (adapter.log += text));
    adapter.#child.on('close', (code, signal) => (adapter.exit = { code, signal }));
    for (const server of servers) await adapter.says(`state ${server} ready`);
    return adapter;
  }

  count(line) {
    return this.said.filter((one) => one === line).length;
  }
  // Waits for a line that begins so; gives its words.
  async says(begin, millis = kPatience) {
    const find = () => this.said.find((line) => line === begin || line.startsWith(`${begin} `));
    return (await until(() => `"${begin}" of the adapter; it said ${JSON.stringify(this.said)}\n${this.log}`, find, millis)).split(' ');
  }
  tell(...words) {
    this.#child.stdin.write(`${words.join('\t')}\n`);
  }
  update(item, fields, what = 'update') {
    this.tell(what, item, ...Object.entries(fields).map(([name, value]) => `${name}=${value}`));
  }
  // What the server on `port` got, missed and lost so far.
  async counters(port) {
    const begin = `counters ${this.#servers[port]}`;
    const before = this.said.length;
    this.tell('counters');
    const line = await until(begin, () => this.said.slice(before).find((one) => one.startsWith(begin)));
    const [events, conflated, lost, resyncs, queued] = line.split(' ').slice(2).map(Number);
    return { events, conflated, lost, resyncs, queued };
  }
  get pid() {
    return this.#child.pid;
  }
  async stop() {
    this.#child.stdin.end();
    await until(() => `the adapter's end\n${this.log}`, () => this.exit);
    assert.ok(!kSanitizer.test(this.log), `a sanitizer spoke:\n${this.log}`);
    assert.deepEqual(this.exit, { code: 0, signal: null }, this.log);
  }
}
