// SPDX-License-Identifier: Apache-2.0
// Clients that do not keep up: conflated for ever, or ended with a reason that they can read; the others do not notice.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { Client } from './lib/client.mjs';
import { CuttingProxy } from './lib/cutting_proxy.mjs';
import { adapterSet, run, scratchDir, Server } from './lib/server.mjs';
import { pause, until } from './lib/wait.mjs';

const kFiller = 'x'.repeat(16000);

// A slow client behind a cable that stalls, another one that reads, and an adapter that goes on and on until `stop()`.
async function world(transport, delivery) {
  const set = await adapterSet();
  const server = await Server.start({ adapter_set: [set], delivery });
  const adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port);
  const cable = await CuttingProxy.start(server.port);
  const slow = await Client.connected(cable.url, { transport, configure: Client.patient });
  const other = await Client.connected(server.url);
  const slowRecord = await slow.subscribe(['x'], ['n', 'filler']).active();
  const record = await other.subscribe(['x'], ['n']).active();
  await adapter.subscribed('x');
  const session = slow.sessionId;
  let last = 0;
  const stop = adapter.feed(200, (n) => adapter.update('x', { n: String((last = n)), filler: kFiller + n }));
  await until('updates', () => slowRecord.updates.length > 3);
  const end = async () => {
    for (const one of [slow, other]) one.disconnect();
    adapter.kill();
    cable.stop();
    await server.stop();
    return server.totals();
  };
  return { server, adapter, cable, slow, other, slowRecord, record, session, stop, last: () => last, end };
}

for (const transport of ['WS-STREAMING', 'HTTP-STREAMING']) {
  test(`${transport}: a client that takes nothing for too long loses its session, and reads why`, async () => {
    const { server, cable, slow, slowRecord, record, session, stop, end } = await world(transport, { slow_client_timeout_millis: 2500 });
    cable.stall();
    await until('the end of the session', () => new RegExp(`session closed.*${session}.*code=32`).test(server.log));
    const told = record.updates.length;
    await until('updates of the other', () => record.updates.length > told + 5);
    cable.resume();
    const { code, message } = await slow.failed();
    assert.equal(code, 32);
    assert.match(message, /took nothing for 2500 ms/);
    assert.equal(slow.status, 'DISCONNECTED');
    assert.ok(slowRecord.updates.length < record.updates.length);
    stop();
    const counted = await end();
    assert.equal(counted.slow_clients_ended, 1);
    assert.ok(counted.links_blocked >= 1);
  });
}

test('one that has given up its connection is told where it comes back', async () => {
  const { server, cable, slow, session, stop, end } = await world('WS-STREAMING', { slow_client_timeout_millis: 2500 });
  cable.stall();
  await until('the end of the session', () => new RegExp(`session closed.*${session}.*code=32`).test(server.log));
  cable.cut(); // with all that was on its way
  cable.resume();
  const { code, message } = await slow.failed();
  assert.deepEqual([code, /took nothing/.test(message)], [32, true]);
  stop();
  assert.equal((await end()).slow_clients_ended, 1);
});

test('by default it is conflated for as long as it likes, and then gets the values of now', async () => {
  const { cable, slow, slowRecord, record, session, stop, last, end } = await world('WS-STREAMING', {});
  cable.stall();
  await pause(2500);
  stop();
  await until('all updates at the other', () => record.last('x').n === String(last()));
  const before = slowRecord.updates.length;
  cable.resume();
  await slowRecord.shows('x', { n: String(last()) });
  assert.equal(slow.sessionId, session);
  assert.deepEqual(slow.errors, []);
  // The last of what came was not queued behind the others.
  const late = slowRecord.updates.slice(before).map(({ values }) => Number(values.n));
  assert.ok(Math.max(...late.slice(1).map((n, i) => n - late[i])) > 50, `${late}`);
  const counted = await end();
  assert.equal(counted.slow_clients_ended, 0);
  assert.ok(counted.links_blocked >= 1 && counted.filtered > 50, JSON.stringify(counted));
});

test('a time that could never come is refused', () => {
  const file = path.join(scratchDir(), 'penstock.toml');
  fs.writeFileSync(file, '[delivery]\nwrite_timeout_millis = 5000\nslow_client_timeout_millis = 5000\n');
  const { status, stderr, stdout } = run('--check-config', '--config', file);
  assert.notEqual(status, 0);
  assert.match(stderr + stdout, /slow_client_timeout_millis: 5000 never comes/);
});
