// SPDX-License-Identifier: Apache-2.0
// A Metadata Adapter made with the SDK for C++ ends sessions and subscriptions of the real server.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/adapters.mjs';
import { closeLater } from './lib/cleanup.mjs';
import { adapterSet, binary, endpointOf, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

// Of the same build as the server.
const kProgram = path.resolve(path.dirname(binary()), '../../test/conformance/control_adapter/control_adapter');

let server;
let data;
let adapter;
let said = '';

before(async () => {
  assert.ok(fs.existsSync(kProgram), `build ${kProgram} first`);
  const set = await adapterSet({ metadata: {} });
  server = await Server.start({ server: { shards: 2 }, adapter_set: [set] });
  adapter = closeLater(spawn(kProgram, [endpointOf(set.metadata_adapter.request_reply_port)], { stdio: ['pipe', 'pipe', 'inherit'] }), (one) => setTimeout(() => one.kill(), 10000).unref());
  adapter.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  data = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '1' } } });
});
after(async () => {
  adapter.stdin.end();
  await until('the end of the adapter', () => adapter.exitCode !== null);
  assert.equal(adapter.exitCode, 0);
  data.kill();
  await server.stop();
});

// What the adapter says when it has been told.
async function wish(line) {
  const before = said.length;
  adapter.stdin.write(`${line}\n`);
  return (await until(`the answer to "${line}"`, () => /^(.*)\n/.exec(said.slice(before))))[1];
}

test('ForceSessionTermination ends a session, with a cause and without', async () => {
  const [plain, told] = [await TlcpSocket.session(server.port), await TlcpSocket.session(server.port)];
  assert.equal(await wish(`end ${plain.sessionId}`), 'ok');
  await plain.next('END,32,');
  assert.equal(await wish(`end ${told.sessionId} -8 you | we + ü`), 'ok');
  const [, code, text] = /^END,(-?\d+),(.*)$/.exec(await told.next('END'));
  assert.deepEqual([code, decodeURIComponent(text)], ['-8', 'you | we + ü']);
  assert.equal(await wish(`end ${plain.sessionId}`), 'ok', 'nothing to do');
  for (const socket of [plain, told]) socket.terminate();
});

test('ForceUnsubscription ends a subscription if NewTables() allowed it', async () => {
  const socket = await TlcpSocket.session(server.port);
  await socket.subscribe(1, 'free', 'a');
  await socket.subscribe(2, 'kept', 'a');
  assert.equal(await wish(`unsubscribe ${socket.sessionId} 1`), 'true');
  await socket.next('UNSUB,1');
  assert.equal(await wish(`unsubscribe ${socket.sessionId} 2`), 'false');
  assert.equal(await wish(`unsubscribe ${socket.sessionId} 3`), 'true', 'nothing to do');
  data.update('kept', { a: '2' });
  await socket.next('U,2,1,2');
  socket.terminate();
});
