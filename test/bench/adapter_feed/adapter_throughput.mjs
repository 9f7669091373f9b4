// SPDX-License-Identifier: Apache-2.0
// How many updates one adapter process gets through one proxy connection into the kernel, with this
// project's SDK and with the official Node.js kit: the same adapter (adapter_feed.cc, .mjs), in
// interleaved pairs. One session watches all items once a second, so that nearly all work is the
// way in. The kit needs a second connection for its updates. Prints a table in Markdown; the server runs with one shard.
//   PENSTOCK_BIN=… [ADAPTER_FEED=…] node adapter_throughput.mjs [pairs] [seconds] [items]
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { adapterSet, Server } from '../../conformance/lib/server.mjs';
import { TlcpSocket } from '../../conformance/lib/tlcp_ws.mjs';
import { pause } from '../../conformance/lib/wait.mjs';

const [pairs = 3, seconds = 4, items = 100] = process.argv.slice(2).map(Number);
const kFields = 10;
const kHere = path.dirname(fileURLToPath(import.meta.url));
const kTicksPerSecond = 100; // of /proc
const kKits = [
  { name: 'C++ SDK', command: [process.env.ADAPTER_FEED ?? path.join(kHere, '../../../build/bench/test/bench/adapter_feed')] },
  { name: 'Node.js kit', command: [process.execPath, path.join(kHere, 'adapter_feed.mjs')], twoConnections: true },
];

function cpuSeconds(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / kTicksPerSecond;
}

async function run({ command: [program, ...args], twoConnections }) {
  const set = await adapterSet({ data: [{ name: 'DEFAULT', notify_port: twoConnections }] });
  const { request_reply_port: port, notify_port: notifyPort = '' } = set.data_adapter[0];
  const server = await Server.start({ adapter_set: [set], server: { shards: 1 }, log: { level: 'info' } });
  const client = await TlcpSocket.session(server.port);
  const names = (what, count) => Array.from({ length: count }, (_, i) => `${what}${i}`).join(' ');
  const answer = await client.subscribe(1, names('item', items), names('field', kFields), '&LS_requested_max_frequency=1');
  assert.match(answer, /^SUBOK/);
  const before = cpuSeconds(server.pid);
  const feed = spawn(program, [...args, port, items, seconds, notifyPort].map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  feed.stdout.setEncoding('utf8').on('data', (more) => (text += more));
  const code = await new Promise((resolve) => feed.on('close', resolve));
  assert.equal(code, 0, `${program} ended with ${code}`);
  const cpu = cpuSeconds(server.pid) - before;
  client.terminate();
  await pause(100);
  await server.stop();
  const sent = JSON.parse(text);
  const { events, malformed_lines: malformed } = server.totals();
  assert.equal(malformed, 0);
  assert.ok(events >= sent.updates, `${events} events of ${sent.updates} updates came`);
  return { rate: sent.updates / sent.seconds, server: (cpu / sent.updates) * 1e6, adapter: (sent.cpu / sent.updates) * 1e6 };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const results = kKits.map(() => []);
for (let pair = 0; pair < pairs; ++pair) {
  for (const [i, kit] of kKits.entries()) results[i].push(await run(kit));
}
const rows = results.map((runs) => ['rate', 'server', 'adapter'].map((key) => median(runs.map((one) => one[key]))));
console.log(`| ${pairs} pairs of ${seconds} s, ${items} items, ${kFields} fields of 10 bytes | updates/s | server, us of CPU an update | adapter, us of CPU an update |`);
console.log('|---|---|---|---|');
rows.forEach(([rate, server, adapter], i) => console.log(`| ${kKits[i].name} | ${Math.round(rate)} | ${server.toFixed(2)} | ${adapter.toFixed(2)} |`));
console.log(`ratio of the rates ${(rows[0][0] / rows[1][0]).toFixed(1)}`);
process.exit(0);
