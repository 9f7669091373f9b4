// SPDX-License-Identifier: Apache-2.0
// The official client in node on a bad network: its session lives on, and nothing is lost.
import { after, before, describe, test } from 'node:test';

import { randomNumbers } from '../lib/values.mjs';
import { nodeFollower } from './followers.mjs';
import { NumberedServer } from './numbered_feed.mjs';
import { checkNothingLost, followThroughTrouble, kLongRecovery, kTransports, switching } from './recovery_cases.mjs';

let all;

before(async () => {
  all = await NumberedServer.start({ session: kLongRecovery });
});
after(async () => {
  await all?.stop();
});

// All at once: each has a cable of its own, and waits most of its time.
describe('nothing is lost', { concurrency: true }, () => {
  const survives = (name, options) =>
    test(name, async () => {
      checkNothingLost(all, options.name, await followThroughTrouble(all, nodeFollower, options));
    });

  kTransports.forEach((transport, i) => {
    survives(`over ${transport ?? 'a transport of its own choice'}`, { name: `n${i}`, seed: 100 + i, transport });
  });
  // Not HTTP-STREAMING alone, on which the client gives up when a cut hits one of the many binds.
  survives('over HTTP streaming with a loop every few kilobytes', {
    name: 'loops', seed: 200, transport: 'HTTP', options: { ContentLength: 3000 },
  });
  survives('while it is told to change the transport again and again', {
    name: 'switch', seed: 300, ready: switching(randomNumbers(301)),
  });
});
