// SPDX-License-Identifier: Apache-2.0
// The server in a DMZ, the adapter behind it, a client in front of it, each on a machine of its own
// with a firewall between them: whichever of the two may dial, data flows, and nothing else does.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { CppAdapter } from '../lib/cpp_adapter.mjs';
import { Server } from '../lib/server.mjs';
import { until } from '../lib/wait.mjs';
import { Dmz, kAddress } from './dmz.mjs';
import { namespacesMissing } from './namespaces.mjs';

// A firewall's word is heard, unless the kernel has just sent others to the same host: of those it sends one a second.
const kTurnedAway = /^(EHOSTUNREACH|ETIMEDOUT)$/;
const kWeb = 8080;
const kAllowed = 6661; // the port of the adapter link that the firewall opens, in one direction
const kForbidden = 6662; // one that it does not
const kClient = fileURLToPath(new URL('outside_client.mjs', import.meta.url));

const missing = namespacesMissing();
if (missing && process.env.CI) throw new Error(`the DMZ cannot be built: ${missing}`);
const skip = missing && `the DMZ cannot be built: ${missing}`;

const listens = (name, port) => ({ name, address: kAddress.dmz, request_reply_port: port });
const dials = (name, port) => ({ name, remote_host: kAddress.inside, request_reply_port: port, connection_retry_millis: 200 });

function serve(dmz, data_adapter) {
  return Server.start(
    { listener: [{ address: kAddress.dmz, port: kWeb }], adapter_set: [{ id: 'DEMO', policy: { allow_remote: true }, data_adapter }] },
    { within: dmz.dmz.within },
  );
}

// A client outside sees values come, and comes no further than to the server.
async function checkFromOutside(dmz) {
  const client = dmz.outside.start(process.execPath, kClient, `http://${kAddress.dmz}:${kWeb}`, 'HOSTMONITOR', 'memory', 'free');
  const updates = () => client.text.split('\n').filter((line) => line.startsWith('update ')).length;
  await until(() => `live data outside; the client said:\n${client.text}`, () => updates() >= 3, 30000);
  client.child.kill();
  for (const port of [kAllowed, kForbidden]) {
    const before = dmz.turnedAway('outside', 'inside');
    assert.match(dmz.outside.dials(kAddress.inside, port), kTurnedAway);
    assert.ok(dmz.turnedAway('outside', 'inside') > before, 'the firewall has seen the attempt');
  }
}

describe('a DMZ', { skip }, () => {
  test('the server may not dial in: the adapter dials', async () => {
    const dmz = await Dmz.build([['outside', 'dmz', kWeb], ['inside', 'dmz', kAllowed]]);
    const server = await serve(dmz, [listens('HOSTMONITOR', kAllowed), dials('WRONG_WAY', kForbidden)]);
    const within = dmz.inside.within;
    const adapter = CppAdapter.hostmonitor([`tcp://${kAddress.dmz}:${kAllowed}`], { within });
    const waiting = CppAdapter.hostmonitor([`tcp-listen://${kAddress.inside}:${kForbidden}`], { within });
    await adapter.ready();
    await waiting.says('waits for a server');

    await checkFromOutside(dmz);

    // The adapter that waits is there, and could be reached but for the firewall.
    assert.equal(dmz.inside.dials(kAddress.inside, kForbidden), 'connected');
    assert.match(dmz.dmz.dials(kAddress.inside, kForbidden), kTurnedAway);
    await until('the server to be turned away', () => dmz.turnedAway('dmz', 'inside') > 1);
    await until(() => `the server to say so; its log:\n${server.log}`, () => /No route to host/.test(server.log));
    for (const one of [adapter, waiting]) await one.stop();
    await server.stop();
  });

  test('the adapter may not dial out: the server dials', async () => {
    const dmz = await Dmz.build([['outside', 'dmz', kWeb], ['dmz', 'inside', kAllowed]]);
    const server = await serve(dmz, [dials('HOSTMONITOR', kAllowed), listens('WRONG_WAY', kForbidden)]);
    const within = dmz.inside.within;
    const adapter = CppAdapter.hostmonitor([`tcp-listen://${kAddress.inside}:${kAllowed}`], { within });
    await adapter.ready();
    const dialling = CppAdapter.hostmonitor([`tcp://${kAddress.dmz}:${kForbidden}`], { within });

    await checkFromOutside(dmz);

    // The server's other port is open, and could be reached but for the firewall.
    assert.equal(dmz.dmz.dials(kAddress.dmz, kForbidden), 'connected');
    assert.match(dmz.inside.dials(kAddress.dmz, kForbidden), kTurnedAway);
    await dialling.says('No route to host');
    assert.ok(dmz.turnedAway('inside', 'dmz') > 1, 'the firewall has seen the attempts');
    for (const one of [adapter, dialling]) await one.stop();
    await server.stop();
  });
});
