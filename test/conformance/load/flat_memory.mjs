// SPDX-License-Identifier: Apache-2.0
// Nobody grows because somebody else takes nothing, over ARI and over gRPC alike. All of this at the
// same time, for a minute, while the anonymous memory of the processes is looked at each second:
//   - a server stands still (SIGSTOP) while adapters publish as fast as they can: MERGE that their SDK
//     conflates, DISTINCT that it refuses; and the example in Python publishes, too;
//   - clients do not read while adapters publish as fast as they can;
//   - adapters stand still while clients subscribe, unsubscribe and send messages, and get their answers;
//   - adapters send as fast as they can what nobody wants, of an item of the past and of no items.
// When the server goes on, what its clients see is fresh within a second. Prints "ok …", "not ok …" and
// "# …" lines.
//   PENSTOCK_BIN=… SOAK_ADAPTER=… node load/flat_memory.mjs [seconds]
import fs from 'node:fs';

import { pause } from '../lib/wait.mjs';
import { deafClients, floods, stoppedAdapters, stoppedServer } from './flat_scenes.mjs';

const [seconds = 60] = process.argv.slice(2).map(Number);
const kSettleShare = 0.25; // of the time, in which buffers get their fill
const kMayVaryMiB = 4;
const kMayGrowMiB = 1; // by the straight line through the rest of the time
const kLeastBusy = 0.003; // of a core, in the last quarter, of who is to be busy all the time

let bad = 0;
function check(good, what) {
  console.log(`${good ? 'ok' : 'not ok'} ${what}`);
  if (!good) ++bad;
}

const anonymousMiB = (pid) => Number(/RssAnon:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
const cpuSeconds = (pid) => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).reduce((sum, one) => sum + Number(one), 0) / 100;

// A process of a scene: { name, pid, busy, mostMiB }.
class Watched {
  samples = []; // { at, mib, cpu }

  constructor(process) {
    Object.assign(this, process);
  }
  sample(at) {
    this.samples.push({ at, mib: anonymousMiB(this.pid), cpu: cpuSeconds(this.pid) });
  }
  judge() {
    const last = this.samples.filter(({ at }) => at >= seconds * kSettleShare);
    const mean = (of) => last.reduce((sum, one) => sum + of(one), 0) / last.length;
    const [x, y] = [mean(({ at }) => at), mean(({ mib }) => mib)];
    const slope = last.reduce((sum, { at, mib }) => sum + (at - x) * (mib - y), 0) / last.reduce((sum, { at }) => sum + (at - x) ** 2, 0);
    const end = last.at(-1);
    const span = end.at - last[0].at;
    const [least, most] = [Math.min(...last.map(({ mib }) => mib)), Math.max(...last.map(({ mib }) => mib))];
    check(
      most - least <= kMayVaryMiB && slope * span <= kMayGrowMiB && most <= (this.mostMiB ?? Infinity),
      `${this.name}: ${y.toFixed(1)} MiB (${least.toFixed(1)} to ${most.toFixed(1)}), ${(slope * span).toFixed(2)} MiB more in ${span.toFixed(0)} s`,
    );
    const begin = last.find(({ at }) => at >= seconds * 0.75);
    const busy = (end.cpu - begin.cpu) / (end.at - begin.at);
    if (this.busy) check(busy >= kLeastBusy, `  and it works to the end, with ${(busy * 100).toFixed(1)} % of a core`);
  }
}

const scenes = [];
try {
  for (const prepare of [stoppedServer, deafClients, stoppedAdapters, floods]) scenes.push(await prepare(check));
  for (const scene of scenes) scene.stop?.();
  const watched = scenes.flatMap((scene) => scene.watched.map((one) => new Watched(one)));
  const begin = performance.now();
  for (let at = 0; at < seconds; at = (performance.now() - begin) / 1000) {
    for (const one of watched) one.sample(at);
    await pause(1000);
  }
  for (const one of watched) one.judge();
  // The stopped server last, when the machine is its own.
  for (const scene of [...scenes].reverse()) await scene.goOn();
} catch (error) {
  check(false, error.message.slice(0, 500));
} finally {
  for (const scene of scenes) await scene.end().catch((error) => check(false, error.message.slice(0, 500)));
}
process.exit(bad ? 1 : 0);
