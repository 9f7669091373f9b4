// SPDX-License-Identifier: Apache-2.0
// A thousand sessions watch items in MERGE, COMMAND and DISTINCT while their adapter's process is
// killed, stopped, restarted and swapped for another one: none is lost, every one ends with the right
// state, and how long it takes from the adapter's return to fresh data everywhere is printed.
//   PENSTOCK_BIN=… node load/adapters_load.mjs [sessions] [seconds of a stop]
import { adapterSet, Server } from '../lib/server.mjs';
import { pause, until } from '../lib/wait.mjs';
import { ChangingAdapter, kItems } from './changing_adapter.mjs';
import { Watcher } from './watcher.mjs';

const [sessions = 1000, stopSeconds = 8] = process.argv.slice(2).map(Number);
const kBatch = 100;
const kMostMillis = 5000; // from the return of an adapter to fresh data, on a busy machine

let bad = 0;
function check(good, what) {
  console.log(`${good ? 'ok' : 'not ok'} ${what}`);
  if (!good) ++bad;
}

const set = await adapterSet({ each: { keepalive_timeout_millis: 3000, keepalive_hint_millis: 1000, connection_recovery_timeout_millis: 100 } });
const port = set.data_adapter[0].request_reply_port;
const limits = { connections_per_address: 0, sessions_per_address: 0, session_rate_per_address: 0, request_rate_per_address: 0 };
const server = await Server.start({ adapter_set: [set], limits, log: { level: 'warn' } });
let adapter = await ChangingAdapter.start(port, { name: 'A' });
const clients = [];

async function open(count) {
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(kBatch, count - clients.length) }, (_, i) => {
      const at = clients.length + i;
      return new Watcher(server.port, Object.fromEntries(Object.entries(kItems).map(([mode, items]) => [mode, items[at % items.length]])));
    });
    clients.push(...batch);
    await Promise.all(batch.map((client) => client.ready));
  }
}
const behind = (name) => clients.filter((client) => !client.isOf(name)).length;

// From when the adapter was let in, or from `since`.
async function fresh(what, since = adapter.inits.at(-1)) {
  await until(() => `fresh data of ${adapter.name} everywhere; ${behind(adapter.name)} are behind`, () => behind(adapter.name) === 0, 30000, 2);
  const took = performance.now() - since;
  console.log(`# ${what}: ${took.toFixed(0)} ms to fresh data on ${sessions} sessions`);
  check(took < kMostMillis, `${what}: fresh data in ${took.toFixed(0)} ms`);
}
// Every client shows what the adapter has, once that rests.
async function right(what) {
  await pause(500); // some waves
  const state = await adapter.rest();
  const wrong = () => clients.filter((client) => client.differs(state));
  await until(() => `the same everywhere; ${wrong().length} differ, such as: ${wrong()[0]?.differs(state)}`, () => wrong().length === 0, 15000).then(
    () => check(true, `${what}: each of ${sessions} sessions shows what the adapter has`),
    (error) => check(false, `${what}: ${error.message.slice(0, 300)}`),
  );
  adapter.go();
}

try {
  await open(sessions);
  await fresh('first', performance.now());
  await right('first');

  await adapter.end('SIGKILL');
  adapter = await ChangingAdapter.start(port, { name: 'B', rows: 4 });
  await fresh('killed and started again');
  await right('killed and started again');

  adapter.signal('SIGSTOP');
  const lines = () => clients.reduce((sum, client) => sum + client.lines, 0);
  await pause(1000);
  const before = lines();
  await pause(stopSeconds * 1000);
  check(lines() === before, 'stopped: nobody is told anything meanwhile');
  const inits = adapter.inits.length;
  const back = performance.now();
  adapter.signal('SIGCONT');
  await until('the adapter to come back', () => adapter.inits.length > inits, 20000, 2);
  const waves = clients.map((client) => client.lines);
  await until('new lines everywhere', () => clients.every((client, i) => client.lines > waves[i]), 20000, 2);
  await fresh(`stopped for ${stopSeconds} s and continued`, back);
  await right('stopped and continued');

  await adapter.end('SIGTERM');
  await pause(300);
  adapter = await ChangingAdapter.start(port, { name: 'C' });
  await fresh('restarted in order');
  await right('restarted in order');

  const next = await ChangingAdapter.start(port, { name: 'D', rows: 2, version: '1.8.3', wait: false });
  await pause(500); // it knocks, while C is served
  check(behind('C') === 0, 'swapped: the one that is there stays until it goes');
  const gone = performance.now();
  await adapter.end('SIGKILL');
  adapter = next;
  await fresh('swapped for one of another version', gone);
  await right('swapped for one of another version');

  for (let i = 0; i < 5; ++i) {
    await adapter.end('SIGKILL');
    adapter = await ChangingAdapter.start(port, { name: `E${i}`, rows: i });
    await pause(100);
  }
  await fresh('killed five times in a row');
  await right('killed five times in a row');

  const errors = clients.filter((client) => client.error);
  check(errors.length === 0, `no session was lost${errors.length ? `: ${errors.length}, such as ${errors[0].error}` : ''}`);
} catch (error) {
  check(false, error.message.slice(0, 500));
} finally {
  clients.forEach((client) => client.close());
  await adapter.end('SIGKILL');
  await server.stop().then(() => check(true, 'the server stops cleanly'), (error) => check(false, error.message.slice(0, 500)));
}
process.exit(bad ? 1 : 0);
