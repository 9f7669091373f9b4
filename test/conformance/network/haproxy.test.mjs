// SPDX-License-Identifier: Apache-2.0
// Penstock behind a real HAProxy, with the configuration of conf/deploy.
import { after, before, describe, test } from 'node:test';

import { HaProxy } from '../lib/reverse_proxy.mjs';
import { slowsTheServerDown, followPlainly, kTransports } from './behind_proxy.mjs';
import { FollowingBrowser, nodeFollower } from './followers.mjs';
import { NumberedServer } from './numbered_feed.mjs';

let all;
let haproxy;
let browser;

before(async () => {
  all = await NumberedServer.start({ session: { content_length_bytes: 1e9 } });
  haproxy = await HaProxy.start(all.port, all.port);
  browser = await FollowingBrowser.open();
});
after(async () => {
  await browser?.close();
  await haproxy?.stop();
  await all?.stop();
});

const pageFollower = (url, options) => browser.follower(url, options);

describe('each update comes at once', { concurrency: true }, () => {
  for (const transport of kTransports) {
    test(`in node over ${transport}`, () => followPlainly(all, nodeFollower, haproxy.url, `n-${transport}`, transport));
    test(`in Chromium over ${transport}`, () => followPlainly(all, pageFollower, haproxy.url, `c-${transport}`, transport));
  }
});

test('a client that does not read slows the server down, nothing is stored on the way', () => slowsTheServerDown(all, haproxy.port));
