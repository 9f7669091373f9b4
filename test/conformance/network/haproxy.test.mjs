// SPDX-License-Identifier: Apache-2.0
// Penstock behind a real HAProxy, with the configuration of conf/deploy.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { freePort } from '../lib/ports.mjs';
import { HaProxy } from '../lib/reverse_proxy.mjs';
import { pause } from '../lib/wait.mjs';
import { followPlainly, followThroughReloads, knowsTheClient, kTransports, slowsTheServerDown } from './behind_proxy.mjs';
import { FollowingBrowser, nodeFollower } from './followers.mjs';
import { NumberedServer } from './numbered_feed.mjs';

let all;
let haproxy;
let haproxyVersion1;
let browser;

before(async () => {
  const behindTcp = { name: 'behind tcp', port: await freePort(), proxy_protocol: true };
  all = await NumberedServer.start({ listener: [{ skip_local_forwards: 1 }, behindTcp], session: { content_length_bytes: 1e9 } });
  haproxy = await HaProxy.start(all.port, behindTcp.port);
  haproxyVersion1 = await HaProxy.start(all.port, behindTcp.port, 1);
  browser = await FollowingBrowser.open();
});
after(async () => {
  await browser?.close();
  await haproxy?.stop();
  await haproxyVersion1?.stop();
  await all?.stop();
});

const pageFollower = (url, options) => browser.follower(url, options);

describe('each update comes at once', { concurrency: true }, () => {
  for (const transport of kTransports) {
    test(`in node over ${transport}`, () => followPlainly(all, nodeFollower, haproxy.url, `n-${transport}`, transport));
    test(`in node over the PROXY protocol and ${transport}`, () => followPlainly(all, nodeFollower, haproxy.tcpUrl, `t-${transport}`, transport));
    test(`in Chromium over ${transport}`, () => followPlainly(all, pageFollower, haproxy.url, `c-${transport}`, transport));
  }
});

test('a client that does not read slows the server down, nothing is stored on the way', () => slowsTheServerDown(all, haproxy.port));

test('the server knows the address of the client', async () => {
  await knowsTheClient(all, haproxy.port);
  await knowsTheClient(all, haproxy.tcpPort);
  await knowsTheClient(all, haproxyVersion1.tcpPort);
});

test('health checks are no bad connections', async () => {
  await pause(2500); // one every two seconds
  assert.doesNotMatch(all.server.log, /warn connection/);
});

// In Chromium a transport of its own choice: told to use one, the client gives up when it cannot be
// had in time, and a busy machine is enough for that.
test('nothing is lost when HAProxy is loaded anew, and when it is ended and started', () =>
  followThroughReloads(all, haproxy, [
    ...kTransports.map((transport) => ({ makeFollower: nodeFollower, url: haproxy.url, name: `rn-${transport}`, transport })),
    { makeFollower: pageFollower, url: haproxy.url, name: 'rc-http' },
    { makeFollower: pageFollower, url: haproxy.tcpUrl, name: 'rc-tcp' },
  ]));
