// SPDX-License-Identifier: Apache-2.0
// The official clients over TLS on a bad network: their sessions live on, and nothing is lost.
import { after, before, describe, test } from 'node:test';

import { Authority, files } from '../lib/certs.mjs';
import { FollowingBrowser, nodeFollower } from './followers.mjs';
import { NumberedServer } from './numbered_feed.mjs';
import { checkNothingLost, followThroughTrouble, kLongRecovery } from './recovery_cases.mjs';

let all;
let authority;
let browser;

before(async () => {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // the certificate is of the test's own making
  authority = new Authority();
  all = await NumberedServer.start({ session: kLongRecovery, listener: [{ tls: { certificates: [files(authority.sign('server'))] } }] });
  browser = await FollowingBrowser.open();
});
after(async () => {
  await browser?.close();
  await all?.stop();
  authority?.remove();
});

const pageFollower = (...given) => browser.follower(...given);

describe('nothing is lost', { concurrency: true }, () => {
  const survives = (name, makeFollower, options) =>
    test(name, async () => {
      checkNothingLost(all, options.name, await followThroughTrouble(all, makeFollower, options), { repeats: makeFollower === pageFollower });
    });

  survives('in node over WS-STREAMING', nodeFollower, { name: 'tn0', seed: 900, transport: 'WS-STREAMING' });
  survives('in node over HTTP-STREAMING', nodeFollower, { name: 'tn1', seed: 901, transport: 'HTTP-STREAMING' });
  survives('in node over HTTP-POLLING', nodeFollower, { name: 'tn2', seed: 902, transport: 'HTTP-POLLING' });
  survives('in node over a transport of its own choice', nodeFollower, { name: 'tn3', seed: 903 });
  survives('in Chromium over HTTP-STREAMING', pageFollower, { name: 'tw0', seed: 910, transport: 'HTTP-STREAMING' });
  survives('in Chromium over a transport of its own choice', pageFollower, { name: 'tw1', seed: 911 });
});
