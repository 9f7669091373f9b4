// SPDX-License-Identifier: Apache-2.0
// Penstock behind a real nginx, with the configuration of conf/deploy.
import { after, before, describe, test } from 'node:test';

import { selfSigned } from '../lib/certificate.mjs';
import { Nginx } from '../lib/reverse_proxy.mjs';
import { followPlainly, followThroughReloads, knowsTheClient, kTransports, slowsTheServerDown } from './behind_proxy.mjs';
import { FollowingBrowser, nodeFollower } from './followers.mjs';
import { NumberedServer } from './numbered_feed.mjs';

let all;
let nginx;
let browser;

before(async () => {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // the certificate is of the test's own making
  all = await NumberedServer.start({ listener: [{ skip_local_forwards: 1 }], session: { content_length_bytes: 1e9 } });
  nginx = await Nginx.start(all.port, selfSigned());
  browser = await FollowingBrowser.open();
});
after(async () => {
  await browser?.close();
  await nginx?.stop();
  await all?.stop();
});

const pageFollower = (url, options) => browser.follower(url, options);

describe('each update comes at once', { concurrency: true }, () => {
  for (const transport of kTransports) {
    test(`in node over ${transport}`, () => followPlainly(all, nodeFollower, nginx.url, `n-${transport}`, transport));
    test(`in node over TLS and ${transport}`, () => followPlainly(all, nodeFollower, nginx.tlsUrl, `s-${transport}`, transport));
    test(`in Chromium over ${transport}`, () => followPlainly(all, pageFollower, nginx.url, `c-${transport}`, transport));
    test(`in Chromium over TLS, HTTP/2 and ${transport}`, () => followPlainly(all, pageFollower, nginx.tlsUrl, `h-${transport}`, transport));
  }
});

test('a client that does not read slows the server down, nothing is stored on the way', () => slowsTheServerDown(all, nginx.port));

test('the server knows the address of the client', () => knowsTheClient(all, nginx.port));

// In Chromium a transport of its own choice: told to use one, the client gives up when it cannot be
// had in time, and a busy machine is enough for that.
test('nothing is lost when nginx is loaded anew, and when it is ended and started', () =>
  followThroughReloads(all, nginx, [
    ...kTransports.map((transport) => ({ makeFollower: nodeFollower, url: nginx.url, name: `rn-${transport}`, transport })),
    { makeFollower: pageFollower, url: nginx.url, name: 'rc-http' },
    { makeFollower: pageFollower, url: nginx.tlsUrl, name: 'rc-tls' },
  ]));
