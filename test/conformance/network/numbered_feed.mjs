// SPDX-License-Identifier: Apache-2.0
// A server with adapters that publish numbers, so that a client can tell what is missing, and what
// a follower (page/follow.mjs) must have been told of them.
import assert from 'node:assert/strict';

import { DataAdapter, MetadataAdapter } from '../lib/ari.mjs';
import { closeLater } from '../lib/cleanup.mjs';
import { adapterSet, Server } from '../lib/server.mjs';

const kPerSecond = 25;
const kRows = 20;

const kText = (n) => `event ${n} ${'.'.repeat(n % 50)}`;

// A server, and the adapters of its one set.
export class NumberedServer {
  static async start(settings = {}) {
    const all = new NumberedServer();
    const set = await adapterSet({ metadata: {} });
    all.server = await Server.start({
      adapter_set: [set],
      ...settings,
      session: { keepalive_min_millis: 200, content_length_min_bytes: 1000, ...settings.session },
    });
    all.port = all.server.port;
    all.scheme = settings.listener?.[0]?.tls ? 'https' : 'http';
    all.metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
    all.adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port);
    return all;
  }

  // The messages that the Metadata Adapter got with this beginning, as often as it got them.
  messages(start) {
    return this.metadata.all('NUM').map((packet) => this.metadata.strings(packet).at(-1)).filter((text) => text.startsWith(start));
  }
  async stop() {
    this.metadata.kill();
    this.adapter.kill();
    await this.server.stop();
  }
}

// The items of one follower: DISTINCT events log-NAME, a MERGE item counter-NAME, and the rows of
// the COMMAND item table-NAME.
export class NumberedFeed {
  n = 0;
  rows = {};
  #timer = null;

  constructor({ adapter }, name, perSecond = kPerSecond) {
    this.adapter = adapter;
    this.name = name;
    // For sessions that begin later.
    adapter.snapshots.set(`counter-${name}`, () => (this.n > 0 ? this.#counter(this.n) : []));
    adapter.snapshots.set(`table-${name}`, () => Object.entries(this.rows).map(([key, n]) => ({ key, command: 'ADD', n })));
    const start = performance.now();
    this.#timer = closeLater(setInterval(() => {
      for (const due = ((performance.now() - start) / 1000) * perSecond; this.n < due; ) this.publish();
    }, 5), clearInterval);
  }

  publish() {
    const { adapter, name } = this;
    const n = ++this.n;
    const wanted = (item) => adapter.active.has(item);
    if (wanted(`log-${name}`)) adapter.update(`log-${name}`, { n: `${n}`, text: kText(n) });
    if (wanted(`counter-${name}`)) adapter.update(`counter-${name}`, this.#counter(n));
    if (wanted(`table-${name}`)) this.#row(`row${n % kRows}`, n);
  }
  #counter(n) {
    return { n: `${n}`, twice: `${2 * n}`, tens: `${Math.floor(n / 10)}` };
  }
  #row(key, n) {
    const command = !(key in this.rows) ? 'ADD' : n % 3 === 0 ? 'DELETE' : 'UPDATE';
    this.adapter.row(`table-${this.name}`, command, key, command === 'DELETE' ? {} : { n: `${n}` });
    if (command === 'DELETE') delete this.rows[key];
    else this.rows[key] = `${n}`;
  }

  stop() {
    clearInterval(this.#timer);
  }

  // Has a follower that came to rest all that it must have? Within one session no event may be
  // missing, or come twice, or out of order; between two sessions none may come twice.
  check(report) {
    assert.deepEqual(report.faults, []);
    const { events } = report;
    assert.ok(events.length > 0, 'no event came');
    for (let i = 1; i < events.length; ++i) {
      const [before, now] = [events[i - 1], events[i]];
      const same = before.session === now.session;
      const right = same ? now.n === before.n + 1 : now.n > before.n;
      assert.ok(right, `event ${now.n} came after ${before.n} in ${same ? 'the same' : 'the next'} session`);
    }
    assert.equal(events.at(-1).n, this.n, 'the last event');
    assert.equal(report.counter, this.n, 'the counter');
    assert.deepEqual(report.rows, Object.fromEntries(Object.entries(this.rows).sort()), 'the rows');
  }
}
