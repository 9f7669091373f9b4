// SPDX-License-Identifier: Apache-2.0
// Followers on a bad network: the cases, for the official client in node and in Chromium.
import assert from 'node:assert/strict';

import { CuttingProxy } from '../lib/cutting_proxy.mjs';
import { trouble } from '../lib/trouble.mjs';
import { pause, until } from '../lib/wait.mjs';
import { NumberedFeed } from './numbered_feed.mjs';

export const kTransports = ['WS-STREAMING', 'HTTP-STREAMING', 'WS-POLLING', 'HTTP-POLLING', null];
const kTroubleMillis = Number(process.env.PENSTOCK_TROUBLE_MILLIS ?? 18000);
const kMessageMillis = 200;
// A busy machine is slow to answer, and a client that was told to use one transport gives up when
// it cannot be had within the retry delay.
const kPatient = { RetryDelay: 10000, SessionRecoveryTimeout: 25000 };
// What a server must have for them.
export const kLongRecovery = { recovery_millis: 30000, timeout_millis: 30000 };

// A client that was told to use one transport gives up for good when it cannot be had at first. So
// that is waited for; a client that chooses by itself is troubled at any time.
function patience(transport) {
  return transport === null ? undefined : (follower) => follower.connected(transport);
}

// Before each trouble, another transport; those that a client gives up on are waited for.
export function switching(random) {
  return async (follower) => {
    const transport = kTransports[random(kTransports.length)];
    await follower.connected();
    await follower.force(transport);
    if (transport !== null) await follower.connected(transport);
  };
}

// Follows a feed through a troubled cable, to its end: { feed, sent, story, report }. `ready`, a
// function of the follower, is waited for before each trouble.
export async function followThroughTrouble(all, makeFollower, { name, seed, transport = null, options, ready = patience(transport) }) {
  const proxy = await CuttingProxy.start(all.port, { scheme: all.scheme });
  proxy.delayMillis = 20; // so that there is always something on the way that a cut can lose
  const feed = new NumberedFeed(all, name);
  const follower = await makeFollower(proxy.url, { name, transport, options: { ...kPatient, ...options } });
  await follower.has(1);
  let sent = 0;
  const sender = setInterval(() => follower.send(`${name} ${++sent}`), kMessageMillis);
  try {
    const story = await trouble(proxy, seed, kTroubleMillis, { ready: () => ready?.(follower) });
    clearInterval(sender);
    // If not all comes, the report tells what is missing.
    await follower.has(feed.n + 5).catch(() => {}); // in whatever session it is
    feed.stop();
    await until('the messages', () => all.messages(`${name} `).length >= sent, 10000).catch(() => {});
    return { feed, sent, story, report: await follower.reportAtRest(feed) };
  } finally {
    clearInterval(sender);
    feed.stop();
    await follower.disconnect();
    proxy.stop();
  }
}

// One session; every event once and in order, every message once and in order. With `repeats` there
// may be more sessions: Chromium itself sends a request again if its connection ends before the
// answer. To the server such a bind looks as if the first answer had come, so it tells how far it is
// (PROG), and the client opens a new session when it is not as far.
export function checkNothingLost(all, name, { feed, sent, story, report }, { repeats = false } = {}) {
  try {
    feed.check(report);
    const [, ...more] = report.sessions;
    assert.ok(more.length > 0 || report.statuses.includes('DISCONNECTED:TRYING-RECOVERY'), 'it never tried to recover');
    for (const id of more) assert.ok(repeats && mismatched(all, id), `a new session ${id}`);
    if (more.length > 0) return;
    // The client tells nothing of a message that it had to send twice.
    assert.deepEqual(report.messages.filter((outcome) => outcome !== 'processed'), [], 'outcomes of messages');
    assert.deepEqual(all.messages(`${name} `), Array.from({ length: sent }, (_, i) => `${name} ${i + 1}`), 'the messages');
  } catch (error) {
    error.message += `\n${story.join('\n')}\n${report.statuses.join(' ')}`;
    throw error;
  }
}

function mismatched({ server }, id) {
  return server.log.split('\n').some((line) => line.includes('session opened') && line.includes(`session=${id}`) && /cause=prog\.mismatch/.test(line));
}
