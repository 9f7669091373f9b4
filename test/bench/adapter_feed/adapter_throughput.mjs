// SPDX-License-Identifier: Apache-2.0
// How many updates one adapter process gets through one proxy connection into the kernel, with this
// project's SDK over either transport and with the official Node.js kit: the same adapter
// (adapter_feed.cc, .mjs), in interleaved rounds. One session watches all items once a second, so
// that nearly all work is the way in. The kit needs a second connection for its updates. Then the
// way of an update from an adapter's call to a client, at a rate that leaves everything idle.
// Prints tables in Markdown; the server runs with one shard.
//   PENSTOCK_BIN=… [ADAPTER_FEED=…] node adapter_throughput.mjs [pairs] [seconds] [items]
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { adapterSet, Server } from '../../conformance/lib/server.mjs';
import { TlcpSocket } from '../../conformance/lib/tlcp_ws.mjs';
import { until } from '../../conformance/lib/wait.mjs';

const [pairs = 3, seconds = 4, items = 100] = process.argv.slice(2).map(Number);
const kFields = 10;
const kHere = path.dirname(fileURLToPath(import.meta.url));
const kTicksPerSecond = 100; // of /proc
const kPace = 1000; // updates a second whose way is timed
const kClock = 10 ** 10; // their times are in microseconds, ten digits
const kSdk = [process.env.ADAPTER_FEED ?? path.join(kHere, '../../../build/release/test/bench/adapter_feed')];
const kKits = [
  { name: 'C++ SDK', command: kSdk },
  { name: 'C++ SDK, gRPC', command: kSdk, overGrpc: true },
  { name: 'Node.js kit', command: [process.execPath, path.join(kHere, 'adapter_feed.mjs')], twoConnections: true },
];

function cpuSeconds(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / kTicksPerSecond;
}

// The adapter's process may be gone while the kernel still holds what it sent.
const allIsIn = ({ log }) => /remote adapter (left|lost)/.test(log);

async function serve({ overGrpc = false, twoConnections = false }) {
  const set = await adapterSet({ data: [{ name: 'DEFAULT', ...(twoConnections && { notify_port: true }) }], overGrpc });
  const { request_reply_port: port, notify_port: notifyPort = '' } = set.data_adapter[0];
  const endpoint = overGrpc ? `grpc://127.0.0.1:${port}/DEMO/DEFAULT` : `tcp://127.0.0.1:${port}`;
  const server = await Server.start({ adapter_set: [set], server: { shards: 1 }, log: { level: 'info' } });
  const client = await TlcpSocket.session(server.port);
  return { server, client, endpoint, notifyPort };
}

const names = (what, count) => Array.from({ length: count }, (_, i) => `${what}${i}`).join(' ');

// Runs the adapter to its end; what it says.
async function publish([program, ...args], ...more) {
  const feed = spawn(program, [...args, ...more].map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  feed.stdout.setEncoding('utf8').on('data', (some) => (text += some));
  const code = await new Promise((resolve) => feed.on('close', resolve));
  assert.equal(code, 0, `${program} ended with ${code}`);
  return JSON.parse(text);
}

async function run(kit) {
  const { server, client, endpoint, notifyPort } = await serve(kit);
  const answer = await client.subscribe(1, names('item', items), names('field', kFields), '&LS_requested_max_frequency=1');
  assert.match(answer, /^SUBOK/);
  const before = cpuSeconds(server.pid);
  const sent = await publish(kit.command, endpoint, items, seconds, ...(kit.twoConnections ? [notifyPort] : []));
  await until('the end of the adapter', () => allIsIn(server));
  const cpu = cpuSeconds(server.pid) - before;
  client.terminate();
  await server.stop();
  const { events, malformed_lines: malformed } = server.totals();
  assert.equal(malformed, 0);
  assert.ok(events >= sent.updates, `${events} events of ${sent.updates} updates came`);
  return { rate: sent.updates / sent.seconds, server: (cpu / sent.updates) * 1e6, adapter: (sent.cpu / sent.updates) * 1e6 };
}

// From an adapter's call to the line at a client, in microseconds.
async function timeTheWay(kit) {
  const { server, client, endpoint } = await serve(kit);
  const times = [];
  client.onLine = (line) => {
    const now = Number((process.hrtime.bigint() / 1000n) % BigInt(kClock));
    const sent = /^U,1,\d+,(\d{10})$/.exec(line)?.[1];
    if (sent) times.push((now - Number(sent) + kClock) % kClock);
    return sent !== undefined;
  };
  assert.match(await client.subscribe(1, names('item', 10), 'field0', '&LS_requested_max_frequency=unfiltered'), /^SUBOK/);
  const { updates } = await publish(kit.command, endpoint, 10, seconds, kPace);
  assert.ok(updates >= seconds * kPace * 0.9, `${updates} updates were taken`);
  await until(() => `${times.length} of ${updates} updates`, () => times.length >= updates * 0.9);
  client.terminate();
  await server.stop();
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(times.length * 0.5)], p99: times[Math.floor(times.length * 0.99)] };
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const results = kKits.map(() => []);
for (let pair = 0; pair < pairs; ++pair) {
  for (const [i, kit] of kKits.entries()) results[i].push(await run(kit));
}
const rows = results.map((runs) => ['rate', 'server', 'adapter'].map((key) => median(runs.map((one) => one[key]))));
console.log(`| ${pairs} rounds of ${seconds} s, ${items} items, ${kFields} fields of 10 bytes | updates/s | server, us of CPU an update | adapter, us of CPU an update |`);
console.log('|---|---|---|---|');
rows.forEach(([rate, server, adapter], i) => console.log(`| ${kKits[i].name} | ${Math.round(rate)} | ${server.toFixed(2)} | ${adapter.toFixed(2)} |`));
console.log(`ratio of the rates, SDK to kit ${(rows[0][0] / rows.at(-1)[0]).toFixed(1)}`);

const timed = kKits.filter(({ twoConnections }) => !twoConnections);
const ways = timed.map(() => []);
for (let pair = 0; pair < pairs; ++pair) {
  for (const [i, kit] of timed.entries()) ways[i].push(await timeTheWay(kit));
}
console.log(`\n| from an adapter's call to a client, ${kPace} updates/s | p50, us | p99, us |`);
console.log('|---|---|---|');
timed.forEach(({ name }, i) => console.log(`| ${name} | ${['p50', 'p99'].map((key) => median(ways[i].map((one) => one[key]))).join(' | ')} |`));
process.exit(0);
