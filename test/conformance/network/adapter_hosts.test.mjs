// SPDX-License-Identifier: Apache-2.0
// The machines of remote adapters, seen from the server: one that vanishes without a word, while the
// connection has nothing to carry, and a name that moves from one machine to another.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { CppAdapter } from '../lib/cpp_adapter.mjs';
import { scratchDir, Server } from '../lib/server.mjs';
import { until } from '../lib/wait.mjs';
import { Namespaces, namespacesMissing } from './namespaces.mjs';

const kServer = '10.92.1.1';
const kHost = '10.92.1.2';
const kOther = '10.92.1.3';
const kPort = 6661;
const kListening = 6662;
const kPeerTimeoutMillis = 30000; // AriConnection::kPeerTimeout

const missing = namespacesMissing();
if (missing && process.env.CI) throw new Error(`the machines cannot be made: ${missing}`);
const skip = missing && `the machines cannot be made: ${missing}`;

async function twoMachines() {
  const made = new Namespaces();
  const server = await made.machine('server');
  const inside = await made.machine('inside');
  made.cable(server, `${kServer}/24`, inside, `${kHost}/24`);
  inside.run('ip', 'address', 'add', `${kOther}/24`, 'dev', 'server');
  return { server, inside };
}

const serve = (within, data_adapter) =>
  Server.start({ listener: [{ address: '127.0.0.1', port: 8080 }], adapter_set: [{ id: 'DEMO', policy: {}, data_adapter }] }, { within });
const lines = (server, pattern) => server.log.split('\n').filter((line) => pattern.test(line));
const says = (server, pattern, patience = 20000) => until(() => `${pattern} of the server; its log:\n${server.log}`, () => lines(server, pattern).length > 0, patience);

describe('the machine of an adapter', { skip }, () => {
  // Nobody subscribes: the one that dials sends its keepalives into the void, the one that is dialed
  // is told not to send any.
  test('vanishes: its connections are lost in time, and the server dials again', async () => {
    const { server: dmz, inside } = await twoMachines();
    const server = await serve(dmz.within, [
      { name: 'HOSTMONITOR', remote_host: kHost, request_reply_port: kPort, connection_retry_millis: 500 },
      { name: 'LISTENING', address: kServer, request_reply_port: kListening },
    ]);
    const within = inside.within;
    const dialed = CppAdapter.hostmonitor([`tcp-listen://${kHost}:${kPort}`], { within });
    const dialing = CppAdapter.hostmonitor([`tcp://${kServer}:${kListening}`], { within });
    await dialed.ready();
    await dialing.ready();
    await until('both active', () => lines(server, /"remote adapter active"/).length === 2);

    inside.run('ip', 'link', 'set', 'server', 'down');
    const before = Date.now();
    await until(() => `both losses; the log of the server:\n${server.log}`, () => lines(server, /"remote adapter lost".*does not answer/).length === 2, 3 * kPeerTimeoutMillis);
    const took = Date.now() - before;
    assert.ok(took < kPeerTimeoutMillis + 20000, `${took} ms`);

    inside.run('ip', 'link', 'set', 'server', 'up');
    await until(() => `another connection; the log of the server:\n${server.log}`, () => lines(server, /"remote adapter active".*proxy=DEMO\.HOSTMONITOR/).length === 2, 30000);
    await server.stop();
    for (const one of [dialed, dialing]) await one.kill();
  });

  test('takes over the name of another: the server finds it', async () => {
    const { server: dmz, inside } = await twoMachines();
    const hosts = path.join(scratchDir(), 'hosts');
    const points = (address) => fs.writeFileSync(hosts, `127.0.0.1 localhost\n${address} feed\n`);
    points(kHost);
    const named = ['unshare', '-m', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hosts];
    const server = await serve([...dmz.within, ...named], [{ name: 'HOSTMONITOR', remote_host: 'feed', request_reply_port: kPort, connection_retry_millis: 500 }]);
    const within = inside.within;
    const first = CppAdapter.hostmonitor([`tcp-listen://${kHost}:${kPort}`], { within });
    await first.ready();
    await says(server, new RegExp(`"remote adapter active".*peer=${kHost}:`));

    points(kOther);
    const second = CppAdapter.hostmonitor([`tcp-listen://${kOther}:${kPort}`], { within });
    await second.says('waits for a server');
    await first.stop();
    await says(server, new RegExp(`"remote adapter active".*peer=${kOther}:`));
    await second.ready();
    await server.stop();
    await second.stop();
  });
});
