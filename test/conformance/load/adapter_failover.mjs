// SPDX-License-Identifier: Apache-2.0
// The active one of two adapter processes is killed while a thousand sessions watch: how long until
// each session has a value of the other one for each of its items? Prints "ok …" and "not ok …".
//   PENSTOCK_BIN=… node load/adapter_failover.mjs [sessions] [rounds]
import { AdapterProcess } from '../lib/adapter_process.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { pause, until } from '../lib/wait.mjs';
import { LightWebSocket } from './light_sockets.mjs';

const [sessions = 1000, rounds = 10] = process.argv.slice(2, 4).map(Number);
const kItems = ['rate1', 'rate2', 'rate3', 'rate4', 'rate5'];
const kBatch = 200;
const kMedianMillis = 500;
const kKeepaliveMillis = 2000;

let bad = 0;
function check(good, what) {
  console.log(`${good ? 'ok' : 'not ok'} ${what}`);
  if (!good) ++bad;
}

const set = await adapterSet({ each: { keepalive_timeout_millis: kKeepaliveMillis } });
const port = set.data_adapter[0].request_reply_port;
const server = await Server.start({ adapter_set: [set], log: { level: 'info' } });
let started = 0;
const adapters = [];
async function startAdapter() {
  const one = await AdapterProcess.start(port, `adapter${++started}`);
  adapters.push(one);
  return one;
}
const clients = [];
const behind = (tag) => clients.filter((client) => kItems.some((_, i) => client.last[i] !== tag)).length;
const everyone = (tag, millis = 20000) => until(() => `each session to have values of ${tag}; ${behind(tag)} have not`, () => behind(tag) === 0, millis, 1);
const said = (text) => server.log.split(text).length - 1;

try {
  let active = await startAdapter();
  let standby = await startAdapter();
  await until('a standby', () => said('remote adapter stands by') === 1);
  while (clients.length < sessions) {
    const batch = Array.from({ length: Math.min(kBatch, sessions - clients.length) }, () => new LightWebSocket(server.port, kItems));
    clients.push(...batch);
    await Promise.all(batch.map((client) => client.ready));
  }
  await everyone(active.tag);
  check(standby.items.length === 0, 'the standby is asked for nothing');

  // A standby that is stopped is lost, and nobody else notices.
  const before = clients.map((client) => client.lines);
  standby.signal('SIGSTOP');
  await until('the loss of the standby', () => said('remote adapter lost') === 1, 5 * kKeepaliveMillis);
  await pause(200);
  check(clients.every((client, i) => client.lines === before[i]) && !active.lost, 'a standby that is stopped is lost, and no session notices');
  standby.signal('SIGKILL');
  standby = await startAdapter();
  await until('another standby', () => said('remote adapter stands by') === 2);

  const times = [];
  for (let round = 1; round <= rounds; ++round) {
    const start = performance.now();
    active.signal('SIGKILL');
    await everyone(standby.tag);
    times.push(performance.now() - start);
    active = standby;
    standby = await startAdapter();
    await until('the next standby', () => said('remote adapter stands by') === 2 + round);
  }
  const sorted = [...times].sort((a, b) => a - b);
  const median = sorted.length % 2 ? sorted[(sorted.length - 1) / 2] : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
  check(median <= kMedianMillis, `${sessions} sessions have ${kItems.length} items of the standby ${median.toFixed(0)} ms after the kill (median of ${rounds}), at most ${kMedianMillis}`);
  console.log(`# from the SIGKILL to the last session, each round, in ms: ${times.map((one) => one.toFixed(0)).join(' ')}`);
  const errors = clients.filter((client) => client.error);
  check(errors.length === 0, `no session was lost${errors.length ? `: ${errors.length}, such as ${errors[0].error}` : ''}`);
} catch (error) {
  check(false, error.message.slice(0, 500));
} finally {
  clients.forEach((client) => client.close());
  await server.stop().then(() => check(true, 'the server stops cleanly'), (error) => check(false, error.message.slice(0, 500)));
  for (const one of adapters) one.signal('SIGKILL');
}
const { takeovers, connections_lost: lost } = server.totals();
check(takeovers === rounds, `each kill is counted as a takeover: ${takeovers}`);
check(lost >= rounds + 1, `each loss is counted: ${lost}`);
process.exit(bad ? 1 : 0);
