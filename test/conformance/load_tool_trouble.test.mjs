// SPDX-License-Identifier: Apache-2.0
// The load generator where something goes wrong: it ends, and what it reports is what happened.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { CuttingProxy } from './lib/cutting_proxy.mjs';
import { load } from './lib/load_tool.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, scratchDir, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

let server;
let feedPort;
let tablePort;
let sixPort;

before(async () => {
  const set = await adapterSet({ data: [{ name: 'DEFAULT' }, { name: 'TABLE' }] });
  [feedPort, tablePort] = set.data_adapter.map((one) => one.request_reply_port);
  sixPort = await freePort();
  server = await Server.start({ adapter_set: [set], listener: [{}, { name: 'six', address: '::1', port: sixPort }] });
});
after(() => server?.stop());

const url = () => ['--url', `ws://127.0.0.1:${server.port}`];
const few = ['--sessions', 10, '--items', 5, '--warmup', 0.2];
const feedOf = (port) => ['--feed', port, '--rate', 40, '--frequency', 'unfiltered'];

// A run of thirty seconds, and a way to wait until its sessions have been there for a while.
function begun(...args) {
  let told = '';
  const ends = load([...args, '--seconds', 30, '--json', '-'], { child: ({ stderr }) => stderr.on('data', (text) => (told += text)) });
  const runs = () => until(() => `progress; told ${told}`, () => (told.match(/ 10 ready/g) ?? []).length >= 4);
  return { ends, runs };
}

describe('what ends in the middle ends the run, and is told', () => {
  test('the feed', async () => {
    const cable = await CuttingProxy.start(feedPort);
    const { ends, runs } = begun(...url(), ...few, ...feedOf(cable.port));
    await runs();
    cable.stop();
    const { code, json } = await ends;
    assert.equal(code, 3);
    assert.deepEqual(json.errors, { 'the feed: the server closed the connection': 1 });
    assert.ok(json.seconds > 0.5 && json.seconds < 15, `${json.seconds} s`);
    assert.ok(json.delivered_share > 0.9, `${json.delivered_share} of what was published came`);
  });

  test('the server', async () => {
    const set = await adapterSet();
    const dying = await Server.start({ adapter_set: [set] });
    const { ends, runs } = begun('--url', `ws://127.0.0.1:${dying.port}`, ...few, '--server-pid', dying.pid);
    await runs();
    dying.signal('SIGKILL');
    const { code, json } = await ends;
    assert.equal(code, 3);
    assert.deepEqual(Object.values(json.errors).reduce((sum, one) => sum + one, 0), 10);
    assert.ok(json.seconds < 15, `${json.seconds} s`);
    assert.ok(json.server_cpu >= 0 && json.server_bytes > 1e6, `${json.server_cpu} of a core, ${json.server_bytes} bytes`);
    for (const one of json.each_second) assert.ok(one.server_cpu >= 0, JSON.stringify(one));
    await dying.ended();
  });
});

test('a server that takes connections and says nothing is given up', async () => {
  const mute = net.createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await until('it to listen', () => mute.address());
  const result = await load(['--url', `ws://127.0.0.1:${mute.address().port}`, '--sessions', 300, '--patience', 1]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /\npenstock-load: no session came about\n$/);
  mute.close();
});

test('COMMAND', async () => {
  const table = await DataAdapter.start(tablePort);
  const running = load([...url(), '--sessions', 3, '--items', 1, '--mode', 'COMMAND', '--adapter', 'TABLE', '--fields', 1, '--changed', 0, '--warmup', 1, '--seconds', 1, '--json', '-']);
  await table.subscribed('item1');
  table.row('item1', 'ADD', 'k', { field1: '0' });
  const stop = table.feed(20, (n) => table.row('item1', 'UPDATE', 'k', { field1: String(n) }));
  const { code, json } = await running;
  stop();
  table.kill();
  assert.equal(code, 0);
  assert.equal(json.ready, 3);
  assert.ok(json.deliveries > 30, `${json.deliveries} deliveries`);
});

test('an IPv6 address in brackets', async () => {
  for (const scheme of ['ws', 'http']) {
    const { code, stderr } = await load(['--url', `${scheme}://[::1]:${sixPort}`, '--sessions', 2, '--items', 0, '--warmup', 0, '--seconds', 0.2]);
    assert.equal(code, 0, stderr);
  }
});

describe('a result that cannot be written', () => {
  const brief = ['--sessions', 1, '--items', 0, '--warmup', 0, '--seconds', 0.2];
  test('to a file: told before the run', async () => {
    for (const option of ['--json', '--plot']) {
      const { code, stderr } = await load([...url(), ...brief, '--seconds', 20, option, '/no/such/folder/file']);
      assert.equal(code, 2);
      assert.match(stderr, new RegExp(`${option}: "/no/such/folder/file" cannot be written`));
      assert.doesNotMatch(stderr, / ready /);
    }
  });
  test('to a full standard output', async () => {
    const full = fs.openSync('/dev/full', 'w');
    for (const how of [['--json', '-'], []]) {
      const { code, stderr } = await load([...url(), ...brief, ...how], { stdout: full });
      assert.equal(code, 1);
      assert.match(stderr, /standard output cannot be written/);
    }
    fs.closeSync(full);
  });
  test('a picture is no text for standard output', async () => {
    const { code, stderr } = await load([...url(), ...brief, '--plot', '-']);
    assert.equal(code, 2);
    assert.match(stderr, /--plot: /);
  });
});

test('a process that is not there is no server', async () => {
  const dir = scratchDir();
  const { code, stderr } = await load([...url(), '--sessions', 1, '--server-pid', 1 << 29, '--json', path.join(dir, 'run.json')]);
  assert.equal(code, 2);
  assert.match(stderr, /--server-pid: there is no process 536870912/);
  fs.rmSync(dir, { recursive: true });
});
