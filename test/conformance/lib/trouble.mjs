// SPDX-License-Identifier: Apache-2.0
// A bad network: a cutting proxy that is troubled at random, the same way for the same seed.
import { randomNumbers } from './values.mjs';
import { pause } from './wait.mjs';

const kActs = {
  // What was sent while the cable stood still is lost with the connection.
  'stall and cut': async (proxy, random) => {
    proxy.stall();
    await pause(50 + random(500));
    proxy.cut();
    proxy.resume();
  },
  reset: (proxy) => proxy.cut({ how: 'rst' }),
  finish: (proxy) => proxy.cut({ how: 'fin' }),
  'cut the client off': (proxy) => proxy.cut({ side: 'client' }),
  'cut the server off': (proxy) => proxy.cut({ side: 'server' }),
  'cut one connection': (proxy, random) => {
    const links = proxy.links();
    if (links.length > 0) links[random(links.length)].cut();
  },
  stall: async (proxy, random) => {
    proxy.stall();
    await pause(200 + random(1500));
    proxy.resume();
  },
  'three kilobytes a second': async (proxy, random) => {
    proxy.throttle(3000);
    await pause(500 + random(1500));
    proxy.throttle(0);
  },
  'another delay': (proxy, random) => {
    proxy.delayMillis = random(120);
  },
  'hold a connection back': (proxy) => proxy.holdNext(),
};

// Troubles the cable for so long, then leaves it alone; each time, `ready` is waited for. Gives what
// was done and when, for a test to tell when it fails.
export async function trouble(proxy, seed, millis, { between = [300, 1600], ready = () => {} } = {}) {
  const random = randomNumbers(seed);
  const names = Object.keys(kActs);
  const start = performance.now();
  const story = [];
  for (;;) {
    const quiet = between[0] + random(between[1] - between[0]);
    if (performance.now() + quiet > start + millis) break;
    await pause(quiet);
    await ready();
    const name = names[random(names.length)];
    story.push(`${((performance.now() - start) / 1000).toFixed(1)} s: ${name}`);
    await kActs[name](proxy, random);
  }
  proxy.calm();
  return story;
}
