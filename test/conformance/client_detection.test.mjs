// SPDX-License-Identifier: Apache-2.0
// The client's own search for a transport, where WebSocket does not get through.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { Client } from './lib/client.mjs';
import { startProxy } from './lib/refusing_proxy.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

let server;
let adapter;

before(async () => {
  const set = await adapterSet();
  server = await Server.start({ adapter_set: [set] });
  adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { last: '1' } } });
});
after(async () => {
  adapter?.kill();
  await server?.stop();
});

for (const upgrades of ['refuse', 'drop']) {
  test(`upgrades that a proxy does ${upgrades}: the client goes on over HTTP streaming`, async () => {
    const proxy = await startProxy(server.port, { upgrades });
    const client = await Client.connected(proxy.url);
    await client.reached('HTTP-STREAMING');
    assert.ok(proxy.seen.upgrades > 0);
    const item = `through-${upgrades}`;
    const record = await client.subscribe([item], ['last']).active();
    await record.shows(item, { last: '1' });
    adapter.update(item, { last: '2' });
    await record.shows(item, { last: '2' });
    client.disconnect();
    proxy.stop();
    assert.deepEqual(client.errors, []);
  });
}

test('a cut connection: the client comes back by itself and sees current values', async () => {
  const proxy = await startProxy(server.port, { upgrades: 'pass' });
  const client = await Client.connected(proxy.url);
  const record = await client.subscribe(['cut'], ['last']).active();
  await record.shows('cut', { last: '1' });
  proxy.cut();
  await until('the loss to be seen', () => client.statuses.some((status) => status.startsWith('DISCONNECTED:')));
  adapter.snapshots.set('cut', { last: 'after the cut' });
  adapter.update('cut', { last: 'after the cut' });
  await record.shows('cut', { last: 'after the cut' });
  await client.reached('WS-STREAMING');
  client.disconnect();
  proxy.stop();
  assert.deepEqual(client.errors, []);
});
