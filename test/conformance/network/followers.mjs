// SPDX-License-Identifier: Apache-2.0
// Followers (page/follow.mjs) in node and in pages of Chromium, with the same face to a test.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { closeLater } from '../lib/cleanup.mjs';
import { until } from '../lib/wait.mjs';
import { openBrowser } from '../pages/browser.mjs';
import { servePages } from '../pages/page_server.mjs';
import { follow } from './page/follow.mjs';

const kNodeClient = createRequire(import.meta.url)('lightstreamer-client-node');
// A page that nobody looks at gets its timers once a second; these all work at the same time. Their
// certificates are of the tests' own making.
const kArguments = [
  '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows',
  '--ignore-certificate-errors',
];
const kPage = fileURLToPath(new URL('page', import.meta.url));

const kLookMillis = 50;
const kPageMillis = 30000; // for a page to answer; a browser that has broken down never does

// What tests call: each gives a promise.
class Follower {
  constructor(call) {
    for (const method of ['report', 'state', 'force', 'send', 'disconnect']) this[method] = async (...given) => call(method, ...given);
  }

  // Waits until `found` is true of its state.
  async until(what, found, millis = 20000) {
    let state;
    await until(() => `${what}; its state is ${JSON.stringify(state)}`, async () => found((state = await this.state())), millis, kLookMillis);
  }
  // Waits until it is connected over `transport`, or over any.
  async connected(transport = '') {
    const found = ({ status }) => status.startsWith(`CONNECTED:${transport}`) && (transport === '' || !status.endsWith('SENSING'));
    await this.until(`CONNECTED:${transport}`, found);
  }
  // What it was told of a feed that has stopped, once it has all; or after a while what it has.
  async reportAtRest(feed) {
    await this.has(feed.n).catch(() => {});
    const sorted = (rows) => JSON.stringify(Object.entries(rows).sort());
    await this.until('the rows', async () => sorted((await this.report()).rows) === sorted(feed.rows), 5000).catch(() => {});
    return this.report(); // tells what is missing, if anything
  }
  // Waits for the event of this number, and for all that was published before. Each item has its own
  // turn in the server: the rows may come after it.
  async has(n) {
    await this.until(`event ${n}`, ({ last, counter }) => last >= n && counter >= n);
  }
}

export function nodeFollower(url, options) {
  const inner = follow(kNodeClient, url, options);
  return closeLater(new Follower((method, ...given) => inner[method](...given)), (one) => one.disconnect());
}

function inTime(answer) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('the browser does not answer')), kPageMillis)));
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

// Chromium, with followers in one page: they are told apart by their names.
export class FollowingBrowser {
  static async open() {
    const all = new FollowingBrowser();
    all.pages = await servePages(kPage);
    all.browser = await openBrowser(...kArguments);
    all.page = await all.browser.context.newPage();
    await all.page.goto(`${all.pages.origin}/index.html`);
    await all.page.waitForFunction(() => window.followers);
    return all;
  }

  async follower(url, options) {
    const { page } = this;
    await inTime(page.evaluate(([where, how]) => window.start(where, how), [url, options]));
    return new Follower((method, ...given) =>
      inTime(page.evaluate(([name, called, all]) => window.followers[name][called](...all), [options.name, method, given])));
  }
  async close() {
    await inTime(this.browser?.close());
    await this.pages?.close();
  }
}
