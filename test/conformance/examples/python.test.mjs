// SPDX-License-Identifier: Apache-2.0
// The example adapter in Python against the server, over gRPC: the contract is all that it has of
// ours. Types of values, refusals, a server that comes back, and an end in order.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { closeLater } from '../lib/cleanup.mjs';
import { Client } from '../lib/client.mjs';
import { freePort } from '../lib/ports.mjs';
import { scratchDir, Server } from '../lib/server.mjs';
import { until } from '../lib/wait.mjs';

const kFolder = fileURLToPath(new URL('../../../sdk-examples/python', import.meta.url));
const kFields = ['name', 'value', 'unit', 'ok', 'time'];
const stubs = scratchDir();

before(() => {
  const { status, stderr } = spawnSync(path.join(kFolder, 'make-stubs'), [stubs], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});
after(() => fs.rmSync(stubs, { recursive: true, force: true }));

class Sensors {
  log = '';
  #exit = null;

  constructor(port, ...args) {
    const command = [path.join(kFolder, 'sensors.py'), '--server', `grpc://127.0.0.1:${port}/SENSORS/SENSORS`, ...args];
    const env = { ...process.env, PYTHONPATH: stubs };
    this.child = closeLater(spawn(command[0], command.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] }), (one) => one.kill('SIGKILL'));
    for (const stream of [this.child.stdout, this.child.stderr]) stream.setEncoding('utf8').on('data', (text) => (this.log += text));
    this.child.on('exit', (code, signal) => (this.#exit = { code, signal }));
  }
  async says(pattern, times = 1) {
    await until(() => `${pattern}; the adapter said:\n${this.log}`, () => [...this.log.matchAll(new RegExp(pattern, 'g'))].length >= times, 20000);
  }
  async stop() {
    this.child.kill('SIGTERM');
    await until(() => `the end of the adapter; it said:\n${this.log}`, () => this.#exit, 10000);
    assert.deepEqual(this.#exit, { code: 0, signal: null }, this.log);
    assert.doesNotMatch(this.log, /Traceback|never retrieved/);
  }
}

async function serve(port, more = {}, listener = {}) {
  const set = { id: 'SENSORS', data_adapter: [{ name: 'SENSORS', transport: 'grpc', request_reply_port: port, ...more }] };
  return Server.start({ listener: [listener], adapter_set: [set] });
}
const listens = (client, items) => client.subscribe(items, kFields, { adapter: 'SENSORS', snapshot: 'yes' }).active();

test('values of the adapter in Python arrive, each type as its text', async () => {
  const port = await freePort();
  const server = await serve(port);
  const adapter = new Sensors(port);
  await adapter.says('ready');
  const client = await Client.connected(server.url, { set: 'SENSORS' });
  const record = await listens(client, ['sensor.timer', 'sensor.disk', 'sensor.files', 'sensor.memory']);
  await record.shows('sensor.files', { name: 'Open files of the machine', unit: '', ok: 'true' });
  await record.shows('sensor.disk', { unit: 'GiB', ok: 'true' });
  await record.shows('sensor.memory', { unit: 'MiB', ok: 'true' });
  assert.match(record.last('sensor.files').value, /^[1-9]\d*$/);
  assert.match(record.last('sensor.memory').value, /^\d+(\.\d+)?$/);
  assert.ok(Math.abs(Number(record.last('sensor.files').time) - Date.now()) < 60000);
  assert.equal(record.updates[0].snapshot, true);
  await until('further values', () => record.of('sensor.timer').length > 4 && record.of('sensor.timer').at(-1).snapshot === false);
  client.disconnect();
  await until('the items to be given back', () => /unsubscribe/i.test(server.log));
  await adapter.stop();
  await server.stop();
});

test('the adapter in Python refuses an item, and goes on', async () => {
  const port = await freePort();
  const server = await serve(port);
  const adapter = new Sensors(port);
  const client = await Client.connected(server.url, { set: 'SENSORS' });
  const none = await listens(client, ['sensor.none']);
  const record = await listens(client, ['sensor.disk']);
  await record.shows('sensor.disk', { unit: 'GiB' });
  await until(() => server.log.slice(-3000), () => server.log.includes('there is no sensor sensor.none'));
  assert.deepEqual(none.updates, []);
  client.disconnect();
  await adapter.stop();
  await server.stop();
});

test('the adapter in Python finds its server again, and brings its token', async () => {
  const [port, front] = [await freePort(), await freePort()];
  const file = path.join(stubs, 'token');
  fs.writeFileSync(file, 'open sesame, please\n'.replaceAll(' ', '-').replaceAll(',', ''));
  const guarded = { auth: true, tokens: ['open-sesame-please'] };
  const adapter = new Sensors(port, '--token-file', file);
  await adapter.says('not connected: UNAVAILABLE');
  for (let times = 1; times <= 2; ++times) {
    const server = await serve(port, guarded, { port: front });
    await adapter.says('ready', times);
    const client = await Client.connected(server.url, { set: 'SENSORS' });
    const record = await listens(client, ['sensor.disk']);
    await record.shows('sensor.disk', { unit: 'GiB' });
    client.disconnect();
    await server.stop();
  }
  await adapter.stop();
});

test('the adapter in Python is told that its token is wrong', async () => {
  const port = await freePort();
  const server = await serve(port, { auth: true, tokens: ['another-token-than-that'] });
  const adapter = new Sensors(port);
  await adapter.says('not connected: UNAUTHENTICATED');
  await adapter.stop();
  await server.stop();
});

test('the adapter in Python refuses an endpoint that does not say who it is', () => {
  const env = { ...process.env, PYTHONPATH: stubs };
  for (const server of ['tcp://127.0.0.1:1', 'grpc://127.0.0.1:1', 'grpc://127.0.0.1:1/SENSORS', 'grpc://127.0.0.1:1/A/B/C']) {
    const { status, stderr } = spawnSync(path.join(kFolder, 'sensors.py'), ['--server', server], { env, encoding: 'utf8', timeout: 20000 });
    assert.equal(status, 2, server);
    assert.match(stderr, /is not as grpc:\/\/host:port\/set\/adapter/);
  }
});
