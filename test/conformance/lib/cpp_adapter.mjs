// SPDX-License-Identifier: Apache-2.0
// An example adapter, made with the C++ SDK, as a process: its log kept, and at its stop held to what
// every program of ours is held to.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { closeLater } from './cleanup.mjs';
import { binary, endpointOf, kSanitizer } from './server.mjs';
import { until } from './wait.mjs';

// Beside the server's binary, in the same build.
export function example(name) {
  const file = path.resolve(path.dirname(binary()), '../../sdk-examples', name, `penstock-example-${name}`);
  assert.ok(fs.existsSync(file), `${file} is not built`);
  return file;
}

export class CppAdapter {
  log = '';
  #child;
  #exit = null;

  constructor(command) {
    const [program, ...args] = command;
    this.#child = closeLater(spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }), (one) => one.kill('SIGKILL'));
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream.setEncoding('utf8').on('data', (text) => (this.log += text));
    this.#child.on('close', (code, signal) => (this.#exit = { code, signal }));
  }

  // The Data Adapter HOSTMONITOR, which reads its machine ten times a second. `within` goes in front
  // of the command.
  static hostmonitor(servers, { args = [], within = [] } = {}) {
    return new CppAdapter([...within, example('hostmonitor'), '--interval', '0.1', ...servers.flatMap((one) => ['--server', one]), ...args]);
  }

  // A Metadata and a Data Adapter of the same program, where the set of `adapterSet()` waits for them.
  static async pair(name, set, overGrpc) {
    const adapter = new CppAdapter([
      example(name),
      ...['--metadata-server', endpointOf(set.metadata_adapter.request_reply_port, overGrpc)],
      ...['--data-server', endpointOf(set.data_adapter[0].request_reply_port, overGrpc)],
    ]);
    await adapter.ready(2);
    return adapter;
  }

  async says(pattern, times = 1) {
    const found = () => [...this.log.matchAll(new RegExp(pattern, 'g'))];
    await until(() => `${pattern} of the adapter; its log:\n${this.log}`, () => found().length >= times);
    return found()[times - 1];
  }
  // Whose items are a log of so many events, and `rate` more a second (test/support/log_adapter.cc).
  static log(server, count, rate) {
    return new CppAdapter([path.resolve(path.dirname(binary()), '../../test/support/log_adapter'), server, String(count), String(rate)]);
  }

  // Ready on that many connections, counted from the start.
  ready(times = 1) {
    return this.says('ready, protocol (?:1.9.1|gRPC)', times);
  }
  // The port that it has for `tcp-listen://…:0`.
  async port() {
    return Number((await this.says('waits for a server on \\S+:(\\d+)'))[1]);
  }

  async ended() {
    await until(() => `the end of the adapter; its log:\n${this.log}`, () => this.#exit);
    return this.#exit;
  }
  async stop() {
    if (!this.#exit) this.#child.kill('SIGTERM');
    const end = await this.ended();
    assert.ok(!kSanitizer.test(this.log), `a sanitizer spoke:\n${this.log.slice(-6000)}`);
    assert.deepEqual(end, { code: 0, signal: null }, this.log);
  }
  signal(name) {
    this.#child.kill(name);
  }
  async kill() {
    if (!this.#exit) this.#child.kill('SIGKILL');
    await this.ended();
  }
}
