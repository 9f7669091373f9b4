// SPDX-License-Identifier: Apache-2.0
// What must hold behind a reverse proxy, whichever it is.
import assert from 'node:assert/strict';

import { control, createStream } from '../lib/http.mjs';
import { pause, until } from '../lib/wait.mjs';
import { NumberedFeed } from './numbered_feed.mjs';

export const kTransports = ['WS-STREAMING', 'HTTP-STREAMING', 'WS-POLLING', 'HTTP-POLLING'];
const kSingles = 10;
const kSingleMillis = 400;
const kLarge = 'x'.repeat(30000);
const kLargeUpdates = 1500; // more than all socket buffers on the way take

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
  const report = await follower.report();
  await follower.disconnect();
  feed.check(report);
  assert.equal(report.sessions.length, 1);
  assert.equal(report.status, `CONNECTED:${transport}`);
  return report;
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
