// SPDX-License-Identifier: Apache-2.0
// Where remote adapters may come from: addresses, networks, host names, in both kinds of file.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, run, scratchDir, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

// 'in' or 'out' for a connection from that address.
async function tried(port, from) {
  const adapter = new DataAdapter({ from });
  await adapter.connect(port);
  await until('DPI or the end', () => adapter.initParams || adapter.closed);
  adapter.kill();
  return adapter.initParams ? 'in' : 'out';
}

for (const [name, list, wanted] of [
  ['a host name', ['localhost'], { '127.0.0.1': 'in', '127.0.0.2': 'out' }],
  ['a network', ['127.0.0.4/30'], { '127.0.0.5': 'in', '127.0.0.7': 'in', '127.0.0.8': 'out', '127.0.0.3': 'out' }],
  ['several of all', ['127.0.0.9', 'no-such-host.invalid', '10.0.0.0/8', 'localhost'], { '127.0.0.9': 'in', '127.0.0.1': 'in', '127.0.0.2': 'out' }],
]) {
  test(`the allow list has ${name}`, async () => {
    const set = await adapterSet({ data: [{ name: 'DEFAULT', address_allow_list: list }] });
    const port = set.data_adapter[0].request_reply_port;
    const server = await Server.start({ adapter_set: [set] });
    for (const [from, result] of Object.entries(wanted)) assert.equal(await tried(port, from), result, from);
    await server.stop();
    const refused = Object.values(wanted).filter((one) => one === 'out').length;
    assert.equal(server.totals().addresses_refused, refused);
    assert.equal(server.log.match(/the address is not on the allow list/g).length, refused);
  });
}

test('IPv4 that comes in through an IPv6 socket is IPv4', async () => {
  const set = await adapterSet({ data: [{ name: 'DEFAULT', address: '::', address_allow_list: ['127.0.0.0/31'] }] });
  const port = set.data_adapter[0].request_reply_port;
  const server = await Server.start({ adapter_set: [set] });
  assert.equal(await tried(port, '127.0.0.1'), 'in');
  assert.equal(await tried(port, '127.0.0.2'), 'out');
  await server.stop();
});

test('remote_address_whitelist of an adapters.xml; what is no host is an error', async () => {
  const dir = scratchDir();
  const port = await freePort();
  const xml = (list) => `<adapters_conf id="DEMO"><data_provider name="DEFAULT">
    <adapter_class>ROBUST_PROXY_FOR_REMOTE_ADAPTER</adapter_class>
    <param name="request_reply_port">${port}</param><param name="interface">127.0.0.1</param>
    <param name="connection_recovery_timeout_millis">200</param>
    <param name="remote_address_whitelist">${list}</param></data_provider></adapters_conf>`;
  const file = path.join(dir, 'adapters.xml');
  fs.writeFileSync(file, xml('localhost, 127.0.0.16/28'));
  const server = await Server.start({ adapters_files: [file] });
  assert.deepEqual([await tried(port, '127.0.0.1'), await tried(port, '127.0.0.17'), await tried(port, '127.0.0.2')], ['in', 'in', 'out']);
  await server.stop();
  fs.writeFileSync(file, xml('10.0.0.300'));
  const toml = path.join(dir, 'p.toml');
  fs.writeFileSync(toml, `adapters_files = ["adapters.xml"]\n`);
  assert.match(run('--check-config', toml).stderr, /remote_address_whitelist: "10\.0\.0\.300" is no address, network or host name/);
  fs.rmSync(dir, { recursive: true });
});
