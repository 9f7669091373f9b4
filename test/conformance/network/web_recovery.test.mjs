// SPDX-License-Identifier: Apache-2.0
// The official client in Chromium on a bad network: its session lives on, and nothing is lost.
import { after, before, describe, test } from 'node:test';

import { randomNumbers } from '../lib/values.mjs';
import { FollowingBrowser } from './followers.mjs';
import { NumberedServer } from './numbered_feed.mjs';
import { checkNothingLost, followThroughTrouble, kLongRecovery, kTransports, switching } from './recovery_cases.mjs';

let all;
let browser;

before(async () => {
  all = await NumberedServer.start({ session: kLongRecovery });
  browser = await FollowingBrowser.open();
});
after(async () => {
  await browser?.close();
  await all?.stop();
});

// All at once: each has a page and a cable of its own.
describe('nothing is lost', { concurrency: true }, () => {
  const survives = (name, options) =>
    test(name, async () => {
      const pageFollower = (...given) => browser.follower(...given);
      checkNothingLost(all, options.name, await followThroughTrouble(all, pageFollower, options), { repeats: true });
    });

  kTransports.forEach((transport, i) => {
    survives(`over ${transport ?? 'a transport of its own choice'}`, { name: `w${i}`, seed: 400 + i, transport });
  });
  // Not HTTP-STREAMING alone, on which the client gives up when a cut hits one of the many binds.
  survives('over HTTP streaming with a loop every few kilobytes', {
    name: 'web-loops', seed: 500, transport: 'HTTP', options: { ContentLength: 3000 },
  });
  survives('while it is told to change the transport again and again', {
    name: 'web-switch', seed: 600, ready: switching(randomNumbers(601)),
  });
});
