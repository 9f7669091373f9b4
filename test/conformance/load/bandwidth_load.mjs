// SPDX-License-Identifier: Apache-2.0
// A hundred sessions with limits from 10 to 1,000 kbit/s at once: each gets its limit on the wire, no more and no less,
// and its items get the same of it. Prints "ok …" and "not ok …" lines.
//   PENSTOCK_BIN=… node load/bandwidth_load.mjs [sessions] [seconds]
import { DataAdapter } from '../lib/ari.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { pause } from '../lib/wait.mjs';
import { LightStream, LightWebSocket } from './light_sockets.mjs';

const [count = 100, seconds = 10] = process.argv.slice(2, 4).map(Number);
const kItems = 30;
const kEachPerSecond = 60; // more than the fastest session can have
const kLeast = 10; // kbit/s
const kMost = 1000;
const kRateRoom = 0.05;
const kShareRoom = 0.1;
const kWarmup = 3000;

let bad = 0;
function check(good, what) {
  console.log(`${good ? 'ok' : 'not ok'} ${what}`);
  if (!good) ++bad;
}

// What came since begin(), by item and in all.
class Meter {
  static of(Kind, port, items, kbps) {
    const client = new Kind(port, items, null, `&LS_requested_max_bandwidth=${kbps}`);
    client.last = null; // nobody looks at it
    client.counts = new Array(kItems).fill(0);
    const line = client.line.bind(client);
    client.line = (text) => (text.startsWith('U,1,') ? ++client.counts[parseInt(text.slice(4), 10) - 1] : line(text));
    return Object.assign(new Meter(), { client, kbps });
  }
  begin() {
    this.bytes = this.client.bytes;
    this.at = performance.now();
    this.client.counts.fill(0);
  }
  end() {
    this.rate = ((this.client.bytes - this.bytes) * 8) / (performance.now() - this.at); // kbit/s
    const counts = this.client.counts;
    this.mean = counts.reduce((sum, one) => sum + one, 0) / kItems;
    this.off = Math.max(...counts.map((one) => Math.abs(one - this.mean)));
  }
  get rateIsRight() {
    return Math.abs(this.rate / this.kbps - 1) <= kRateRoom;
  }
  get isEven() {
    return this.off <= Math.max(1, this.mean * kShareRoom);
  }
}

const set = await adapterSet();
const server = await Server.start({ adapter_set: [set], server: { shards: 1 }, log: { level: 'warn' } });
const adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port);
const names = Array.from({ length: kItems }, (_, i) => `item${i}`);
const meters = [];
try {
  for (let i = 0; i < count; ++i) {
    const kbps = Math.round(kLeast * (kMost / kLeast) ** (i / (count - 1)));
    meters.push(Meter.of(i % 3 === 2 ? LightStream : LightWebSocket, server.port, names, kbps));
    if (i % 20 === 19) await Promise.all(meters.map(({ client }) => client.ready));
  }
  await Promise.all(meters.map(({ client }) => client.ready));
  const filler = 'x'.repeat(120);
  const stop = adapter.feed(kEachPerSecond * kItems, (n) => adapter.update(names[n % kItems], { value: filler + n }));
  await pause(kWarmup);
  meters.forEach((meter) => meter.begin());
  await pause(seconds * 1000);
  meters.forEach((meter) => meter.end());
  stop();
  const errors = meters.filter(({ client }) => client.error);
  check(errors.length === 0, `all ${count} sessions are there${errors.length ? `: ${errors[0].client.error}` : ''}`);
  const wrong = meters.filter((meter) => !meter.rateIsRight);
  check(wrong.length === 0, `each of ${count} sessions has its bandwidth within ${kRateRoom * 100} %${wrong.map(({ kbps, rate }) => `; ${kbps} kbit/s were ${rate.toFixed(1)}`).join('')}`);
  const uneven = meters.filter((meter) => !meter.isEven);
  check(uneven.length === 0, `the items of each are served evenly${uneven.map(({ kbps, mean, off }) => `; ${kbps} kbit/s: ${off.toFixed(1)} off ${mean.toFixed(1)}`).join('')}`);
  const ratios = meters.map(({ rate, kbps }) => rate / kbps);
  console.log(`# limits of ${kLeast} to ${kMost} kbit/s over ${seconds} s: ${(Math.min(...ratios) * 100).toFixed(1)} to ${(Math.max(...ratios) * 100).toFixed(1)} % of each`);
} catch (error) {
  check(false, error.message.slice(0, 500));
} finally {
  meters.forEach(({ client }) => client.close());
  adapter.kill();
  await server.stop().then(() => check(true, 'the server stops cleanly'), (error) => check(false, error.message.slice(0, 500)));
}
process.exit(bad ? 1 : 0);
