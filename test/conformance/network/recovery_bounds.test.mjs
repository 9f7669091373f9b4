// SPDX-License-Identifier: Apache-2.0
// Beyond what a server keeps for recovery: a client is told so and opens a new session by itself.
// Inside one session nothing is missing, whatever happens.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { CuttingProxy } from '../lib/cutting_proxy.mjs';
import { trouble } from '../lib/trouble.mjs';
import { randomNumbers } from '../lib/values.mjs';
import { pause } from '../lib/wait.mjs';
import { FollowingBrowser, nodeFollower } from './followers.mjs';
import { NumberedFeed, NumberedServer } from './numbered_feed.mjs';

const kRecoveryMillis = 2500;
const kTransports = ['WS-STREAMING', 'HTTP-STREAMING', 'HTTP-POLLING'];
const kImpatient = { RetryDelay: 600 };
const kTroubleMillis = Number(process.env.PENSTOCK_TROUBLE_MILLIS ?? 15000);

let brief; // keeps what it sent for a short time
let plain;
let small; // keeps little of it
let browser;

before(async () => {
  brief = await NumberedServer.start({ session: { recovery_millis: kRecoveryMillis, timeout_millis: kRecoveryMillis } });
  plain = await NumberedServer.start();
  small = await NumberedServer.start({ session: { recovery_max_bytes: 1000 } });
  browser = await FollowingBrowser.open();
});
after(async () => {
  await browser?.close();
  await brief?.stop();
  await plain?.stop();
  await small?.stop();
});

const pageFollower = (...given) => browser.follower(...given);

async function opened(all, makeFollower, name, transport, options) {
  const proxy = await CuttingProxy.start(all.port);
  proxy.delayMillis = 20;
  const feed = new NumberedFeed(all, name);
  const follower = await makeFollower(proxy.url, { name, transport, options });
  await follower.connected(transport ?? '');
  await follower.has(1);
  return { proxy, feed, follower };
}

// Some 75 updates go nowhere.
async function overflow(proxy) {
  proxy.stall();
  await pause(1500);
  proxy.cut();
  proxy.resume();
}

// Lets it come to rest in whatever session it is; its report.
async function settled({ proxy, feed, follower }) {
  await follower.connected();
  await follower.has(feed.n + 10);
  feed.stop();
  const report = await follower.reportAtRest(feed);
  await follower.disconnect();
  proxy.stop();
  feed.check(report);
  return report;
}

describe('a network that is down for longer than the server waits', { concurrency: true }, () => {
  for (const [where, makeFollower] of [['node', nodeFollower], ['Chromium', pageFollower]]) {
    for (const transport of kTransports) {
      test(`in ${where} over ${transport}: a new session with the state of now`, async () => {
        const all = await opened(brief, makeFollower, `brief-${where}-${transport}`, transport);
        all.proxy.down();
        await pause(2 * kRecoveryMillis);
        all.proxy.up();
        const report = await settled(all);
        assert.ok(report.sessions.length > 1, report.statuses.join(' '));
      });
    }
  }
});

describe('more was sent than the server keeps', { concurrency: true }, () => {
  for (const [where, makeFollower] of [['node', nodeFollower], ['Chromium', pageFollower]]) {
    for (const transport of kTransports.slice(0, 2)) {
      test(`in ${where} over ${transport}: a new session with the state of now`, async () => {
        const all = await opened(small, makeFollower, `small-${where}-${transport}`, transport);
        await overflow(all.proxy);
        const report = await settled(all);
        assert.ok(report.sessions.length > 1, report.statuses.join(' '));
        assert.match(small.server.log, /recovery refused/);
      });
    }
  }
});

// The client asks again while its first request is still on the way; both arrive. The server cannot
// always tell what became of the answers.
describe('requests that come late, behind their repetitions: no gap in any session', { concurrency: true }, () => {
  for (const transport of ['HTTP-POLLING', null]) {
    for (const seed of [800, 801, 802]) {
      test(`in node over ${transport ?? 'a transport of its own choice'}, seed ${seed}`, async () => {
        const all = await opened(plain, nodeFollower, `late-${transport}-${seed}`, transport, kImpatient);
        const random = randomNumbers(seed);
        for (let round = 0; round < 5; ++round) {
          await pause(200 + random(500));
          if (random(2) === 0) all.proxy.cut();
          all.proxy.stall();
          await pause(1000 + random(2500));
          all.proxy.resume();
        }
        await settled(all);
      });
    }
  }
});

describe('a bad network and a server that keeps little: many sessions, and no gap in any', { concurrency: true }, () => {
  [...kTransports, null].forEach((transport, i) => {
    test(`in node over ${transport ?? 'a transport of its own choice'}`, async () => {
      const all = await opened(small, nodeFollower, `gaps${i}`, transport);
      await overflow(all.proxy);
      const story = await trouble(all.proxy, 700 + i, kTroubleMillis);
      try {
        const report = await settled(all);
        // A poll is kept whole until the next.
        if (transport?.endsWith('STREAMING')) assert.ok(report.sessions.length > 1, 'it never lost its session');
      } catch (error) {
        error.message += `\n${story.join('\n')}`;
        throw error;
      }
    });
  });
});
