// SPDX-License-Identifier: Apache-2.0
// A Data Adapter in a process of its own, to be killed, stopped and replaced: items in MERGE, COMMAND
// and DISTINCT whose values carry the adapter's name, so that a client's state tells whose it is. This
// file is both ends: the handle for tests, and what the child process runs.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { DataAdapter } from '../lib/ari.mjs';
import { pause, until } from '../lib/wait.mjs';

const kFile = fileURLToPath(import.meta.url);
const kRows = 8;
const kHistory = 3;
export const kItems = { MERGE: ['m0', 'm1', 'm2', 'm3'], COMMAND: ['c0', 'c1', 'c2'], DISTINCT: ['d0', 'd1', 'd2'] };

export class ChangingAdapter {
  inits = []; // when it was let in, of each time
  #child;
  #state = null;

  // `rows`: the number of the first of its rows; two adapters may have some in common.
  static async start(port, { name, rows = 0, version = '1.9.1', wavesPerSecond = 4, wait = true }) {
    const adapter = new ChangingAdapter();
    adapter.name = name;
    adapter.#child = fork(kFile, ['child', JSON.stringify({ port, name, rows, version, wavesPerSecond })], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    adapter.#child.on('message', (message) => {
      if (message.init) adapter.inits.push(performance.now());
      if (message.state) adapter.#state = message.state;
    });
    if (wait) await until(`adapter ${name} to be let in`, () => adapter.inits.length > 0, 20000);
    return adapter;
  }
  get pid() {
    return this.#child.pid;
  }
  signal(name) {
    this.#child.kill(name);
  }
  async end(signal = 'SIGKILL') {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const end = once(this.#child, 'exit');
    this.#child.kill(signal);
    await end;
  }
  // Its updates rest; gives what clients must show: { item: value, list of rows, or last event }.
  async rest() {
    this.#state = null;
    this.#child.send('rest');
    return until(`the state of ${this.name}`, () => this.#state);
  }
  go() {
    this.#child.send('go');
  }
}

class Feed {
  wave = 0;
  resting = false;

  constructor({ name, rows }) {
    this.name = name;
    this.rows = Array.from({ length: kRows }, (_, i) => `k${rows + i}`);
  }
  value() {
    return `${this.name}:${this.wave}`;
  }
  // Each wave changes one row, so that rows have values of different waves.
  #rowValue(key, wave = this.wave) {
    const at = this.rows.indexOf(key);
    return `${this.name}:${wave - ((wave - at + kRows * 1000000) % kRows)}`;
  }
  snapshot(item) {
    if (item[0] === 'm') return [{ value: this.value(), by: this.name }];
    if (item[0] === 'c') return this.rows.map((key) => ({ key, command: 'ADD', value: this.#rowValue(key) }));
    return Array.from({ length: kHistory }, (_, i) => ({ value: `${this.name}:${this.wave - kHistory + 1 + i}`, by: this.name }));
  }
  next(adapter) {
    if (this.resting) return;
    ++this.wave;
    adapter.burst(() => {
      for (const item of adapter.active.keys()) {
        if (item[0] === 'c') {
          const key = this.rows[((this.wave % kRows) + kRows) % kRows];
          adapter.row(item, 'UPDATE', key, { value: this.value() });
        } else {
          adapter.update(item, { value: this.value(), by: this.name });
        }
      }
    });
  }
  state() {
    const state = {};
    for (const item of kItems.MERGE) state[item] = this.value();
    for (const item of kItems.DISTINCT) state[item] = this.value();
    for (const item of kItems.COMMAND) state[item] = this.rows.map((key) => `${key}=${this.#rowValue(key)}`).sort();
    return state;
  }
}

async function run({ port, name, rows, version, wavesPerSecond }) {
  const feed = new Feed({ name, rows });
  let adapter = null;
  process.on('disconnect', () => process.exit(0));
  process.on('SIGTERM', () => process.exit(0));
  process.on('message', (order) => {
    feed.resting = order === 'rest';
    if (feed.resting) process.send({ state: feed.state() });
  });
  setInterval(() => adapter && feed.next(adapter), 1000 / wavesPerSecond);
  for (;;) {
    const next = new DataAdapter({ version, snapshots: { '*': (item) => feed.snapshot(item) } });
    await next.connect(port);
    const beats = setInterval(() => next.socket.write('KEEPALIVE\r\n'), 500);
    while (next.initParams === null && !next.closed) await pause(2);
    if (next.initParams) {
      process.send({ init: true });
      adapter = next;
      while (!next.closed) await pause(5);
      adapter = null;
    }
    clearInterval(beats);
    next.kill();
    await pause(50);
  }
}

if (process.argv[1] === kFile && process.argv[2] === 'child') await run(JSON.parse(process.argv[3]));
