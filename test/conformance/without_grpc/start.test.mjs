// SPDX-License-Identifier: Apache-2.0
// A server that was built without gRPC: it says so where its configuration asks for it, and serves
// adapters over ARI as ever. PENSTOCK_BIN names one.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';

import { DataAdapter } from '../lib/ari.mjs';
import { Client } from '../lib/client.mjs';
import { adapterSet, run, scratchDir, Server } from '../lib/server.mjs';

const dir = scratchDir();
after(() => fs.rmSync(dir, { recursive: true, force: true }));

const kWhy = 'proxy DEMO.DEFAULT: transport = "grpc", but this server was built without gRPC';

test('the check and the start refuse transport = "grpc", and name the proxy', () => {
  const file = path.join(dir, 'grpc.toml');
  fs.writeFileSync(file, '[[adapter_set]]\nid = "DEMO"\n[[adapter_set.data_adapter]]\ntransport = "grpc"\nrequest_reply_port = 7711\n');
  const checked = run('--check-config', '--config', file);
  assert.equal(checked.status, 2, checked.stderr);
  assert.ok(checked.stderr.includes(kWhy), checked.stderr);
  const started = run('--config', file);
  assert.equal(started.status, 1, started.stderr);
  assert.ok(started.stderr.includes(kWhy), started.stderr);
});

test('adapters over ARI are served', async () => {
  const set = await adapterSet({ overGrpc: false });
  const server = await Server.start({ adapter_set: [set] });
  await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { x: { f: '1' } } });
  const client = await Client.connected(server.url);
  await (await client.subscribe(['x'], ['f']).active()).shows('x', { f: '1' });
  client.disconnect();
  await server.stop();
});
