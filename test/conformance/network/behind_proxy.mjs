// SPDX-License-Identifier: Apache-2.0
// What must hold behind a reverse proxy, whichever it is.
import assert from 'node:assert/strict';

import { CuttingProxy } from '../lib/cutting_proxy.mjs';
import { control, createStream, HttpConnection } from '../lib/http.mjs';
import { kCid } from '../lib/lines.mjs';
import { pause, until } from '../lib/wait.mjs';
import { nodeFollower } from './followers.mjs';
import { NumberedFeed } from './numbered_feed.mjs';

export const kTransports = ['WS-STREAMING', 'HTTP-STREAMING', 'WS-POLLING', 'HTTP-POLLING'];
const kSingles = 10;
const kSingleMillis = 1500; // what a buffer holds does not come at all
const kFirstAddress = 20; // of those that clients come from
const kLarge = 'x'.repeat(30000);
const kLargeUpdates = 1500; // more than all socket buffers on the way take

let addresses = 0;

// A follower gets all, over the asked transport; and a single update, with nothing behind it that
// would push it out of a buffer, comes at once.
export async function followPlainly(all, makeFollower, url, name, transport) {
  const feed = new NumberedFeed(all, name);
  const follower = await makeFollower(url, { name, transport });
  await follower.connected(transport);
  await follower.has(feed.n + 25);
  feed.stop();
  await follower.has(feed.n);
  const took = [];
  for (let i = 0; i < kSingles; ++i) {
    await pause(100);
    const start = performance.now();
    feed.publish();
    await follower.has(feed.n);
    took.push(Math.round(performance.now() - start));
  }
  assert.ok(took.sort((a, b) => a - b)[kSingles / 2] < kSingleMillis, `updates took ${took} ms`);
  const report = await follower.reportAtRest(feed);
  await follower.disconnect();
  feed.check(report);
  assert.equal(report.sessions.length, 1);
  assert.equal(report.status, `CONNECTED:${transport}`);
  return report;
}

// Followers that are connected while the proxy gets a new configuration, and while it is ended and
// started, miss nothing.
export async function followThroughReloads(all, proxy, cases) {
  const open = await Promise.all(cases.map(async ({ makeFollower, url, name, transport = null }) => {
    const feed = new NumberedFeed(all, name);
    const follower = await makeFollower(url, { name, transport });
    await follower.connected(transport ?? '');
    await follower.has(1);
    return { name, feed, follower, transport };
  }));
  const allAreBack = () => Promise.all(open.map(({ follower, feed, transport }) => {
    const { n } = feed;
    return follower.connected(transport ?? '').then(() => follower.has(n + 10));
  }));
  proxy.reload();
  await pause(1500); // the old workers get a second to finish
  await allAreBack();
  await proxy.end();
  await pause(1000);
  await proxy.start();
  await allAreBack();
  for (const { name, feed, follower, transport } of open) {
    feed.stop();
    const report = await follower.reportAtRest(feed);
    await follower.disconnect();
    feed.check(report);
    assert.equal(report.sessions.length, 1, `${name}: ${report.statuses.join(' ')}`);
    assert.ok(report.statuses.includes('DISCONNECTED:TRYING-RECOVERY'), `${name} noticed nothing`);
  }
}

// What a client does not read is not stored on the way: the server notices, and drops what it must.
export async function slowsTheServerDown({ adapter }, port) {
  const stream = await createStream(port);
  const add = 'LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=RAW&LS_group=slow&LS_schema=n%20large';
  assert.deepEqual(await control(port, stream.sessionId, add), ['REQOK,1']);
  await stream.next('CONF,1');
  stream.socket.pause();
  for (let n = 1; n <= kLargeUpdates; ++n) {
    adapter.update('slow', { n: `${n}`, large: kLarge + n });
    if (n % 10 === 0) await pause(20); // the server keeps up with that
  }
  stream.socket.resume();
  const last = () => stream.all.findLast((line) => line.startsWith('U,')) ?? '';
  await until(() => `the last value; it was told ${last().slice(0, 50)}`, () => last().startsWith(`U,1,1,${kLargeUpdates}|`), 20000);
  const came = stream.count('U,1,1');
  assert.ok(came < (kLargeUpdates * 2) / 3, `${came} of ${kLargeUpdates} updates came`);
  const lost = stream.all.reduce((sum, line) => sum + (line.startsWith('OV,1,1,') ? Number(line.slice(7)) : 0), 0);
  assert.equal(came + lost, kLargeUpdates);
  stream.destroy();
}

// CLIENTIP and the log tell the address that the proxy was reached from, whatever the client claims,
// over each way to open a session.
export async function knowsTheClient({ server }, port) {
  for (const transport of ['WS-STREAMING', 'HTTP-STREAMING']) {
    const from = `127.0.0.${kFirstAddress + addresses++}`;
    const cable = await CuttingProxy.start(port, { from });
    const follower = nodeFollower(cable.url, { name: 'address', transport });
    await follower.connected(transport);
    const { ip, sessions } = await follower.report();
    assert.equal(ip, from);
    const opened = new RegExp(`session opened.*session=${sessions[0]} .*client=${from}\\b`);
    await until(() => `${opened} in the log`, () => opened.test(server.log));
    await follower.disconnect();
    const liar = await HttpConnection.open(cable.port);
    liar.post('create_session', `${kCid}&LS_adapter_set=DEMO`, { headers: { 'X-Forwarded-For': '192.0.2.1' } });
    assert.equal(await liar.next('CLIENTIP'), `CLIENTIP,${from}`);
    liar.destroy();
    cable.stop();
  }
}
