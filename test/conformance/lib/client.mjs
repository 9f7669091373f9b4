// SPDX-License-Identifier: Apache-2.0
// The official client library, unchanged, with records of what its listeners were told.
import { createRequire } from 'node:module';

import { closeLater } from './cleanup.mjs';
import { kPatience, until } from './wait.mjs';

const { LightstreamerClient, Subscription } = createRequire(import.meta.url)('lightstreamer-client-node');

export const kTransports = ['WS-STREAMING', 'HTTP-STREAMING', 'WS-POLLING', 'HTTP-POLLING', 'WS', 'HTTP'];

export class Client {
  statuses = [];
  errors = []; // { code, message } of onServerError

  constructor(url, { set = 'DEMO', transport, user, password, configure } = {}) {
    this.client = closeLater(new LightstreamerClient(url, set), (client) => client.disconnect());
    if (transport) this.client.connectionOptions.setForcedTransport(transport);
    if (user !== undefined) this.client.connectionDetails.setUser(user);
    if (password !== undefined) this.client.connectionDetails.setPassword(password);
    configure?.(this.client);
    this.client.addListener({
      onStatusChange: (status) => this.statuses.push(status),
      onServerError: (code, message) => this.errors.push({ code, message }),
    });
  }

  static async connected(url, options = {}) {
    const client = new Client(url, options);
    client.connect();
    await client.reached(options.transport);
    return client;
  }

  // For `configure`: a client that does not doubt a connection which says nothing for a minute.
  static patient({ connectionOptions }) {
    connectionOptions.setStalledTimeout(60000);
    connectionOptions.setReconnectTimeout(60000);
  }

  connect() {
    this.client.connect();
  }
  get status() {
    return this.client.getStatus();
  }
  get sessionId() {
    return this.client.connectionDetails.getSessionId();
  }

  // Waits for a session over `transport` ("WS" means any over WebSocket; none: any at all). A poll is
  // answered when there is something to say, so until then a polling client cannot tell how it fares.
  async reached(transport = '') {
    const sensing = transport.endsWith('POLLING');
    await until(
      () => `CONNECTED:${transport}; statuses: ${this.statuses.join(' ')}; errors: ${JSON.stringify(this.errors)}`,
      () => this.status.startsWith(`CONNECTED:${transport}`) ? !this.status.endsWith('SENSING') : sensing && this.status === 'CONNECTED:STREAM-SENSING',
      2 * kPatience, // a library that tries one way after the other
    );
  }
  async failed(millis = kPatience) {
    await until(() => `a server error; statuses: ${this.statuses.join(' ')}`, () => this.errors.length > 0, millis);
    return this.errors[0];
  }

  subscribe(items, fields, { mode = 'MERGE', adapter, snapshot, group, schema, configure } = {}) {
    const subscription = group === undefined ? new Subscription(mode, items, fields) : new Subscription(mode);
    if (group !== undefined) {
      subscription.setItemGroup(group);
      subscription.setFieldSchema(schema);
    }
    if (adapter) subscription.setDataAdapter(adapter);
    if (snapshot !== undefined) subscription.setRequestedSnapshot(snapshot);
    configure?.(subscription);
    const record = new Record(subscription, schema ? schema.split(' ') : fields);
    this.client.subscribe(subscription);
    return record;
  }
  unsubscribe(record) {
    this.client.unsubscribe(record.subscription);
  }
  // Sends a message with a listener.
  send(text, sequence, delayTimeout = -1) {
    const sent = new Sent(text);
    this.client.sendMessage(text, sequence, delayTimeout, sent.listener);
    return sent;
  }
  disconnect() {
    this.client.disconnect();
  }
}

// What the listener of a message was told, as "processed <response>", "deny <code> <text>", "error",
// "discarded" or "abort".
export class Sent {
  told = [];

  constructor(text) {
    this.text = text;
    const tell = (what) => this.told.push(what);
    this.listener = {
      onProcessed: (message, response) => tell(`processed ${response}`),
      onDeny: (message, code, error) => tell(`deny ${code} ${error}`),
      onError: () => tell('error'),
      onDiscarded: () => tell('discarded'),
      onAbort: () => tell('abort'),
    };
  }
  async outcome() {
    await until(() => `the outcome of ${this.text}`, () => this.told.length > 0);
    return this.told.join(', ');
  }
}

export class Record {
  all = []; // all that happened, in order: the updates, and { item, lost }, { item, end }, { item, clear }
  updates = []; // { item, position, snapshot, values, changed, at }
  errors = [];
  frequencies = [];
  lost = 0;
  state = 'none';

  constructor(subscription, fields) {
    this.subscription = subscription;
    subscription.addListener({
      onSubscription: () => (this.state = 'subscribed'),
      onUnsubscription: () => (this.state = 'unsubscribed'),
      onSubscriptionError: (code, message) => this.errors.push({ code, message }),
      onRealMaxFrequency: (frequency) => this.frequencies.push(frequency),
      onItemLostUpdates: (item, position, count) => {
        this.lost += count;
        this.all.push({ item, lost: count });
      },
      onEndOfSnapshot: (item) => this.all.push({ item, end: true }),
      onClearSnapshot: (item) => this.all.push({ item, clear: true }),
      onItemUpdate: (update) => {
        const values = {};
        for (const field of fields) values[field] = update.getValue(field);
        const changed = {};
        update.forEachChangedField((name, position, value) => (changed[name] = value));
        const seen = {
          item: update.getItemName(),
          position: update.getItemPos(),
          snapshot: update.isSnapshot(),
          values,
          changed,
          at: performance.now(),
        };
        this.updates.push(seen);
        this.all.push(seen);
      },
    });
  }

  of(item) {
    return this.updates.filter((update) => update.item === item);
  }
  // The values of one field, one for each update.
  list(item, field) {
    return this.of(item).map((update) => update.values[field]);
  }
  ends(item) {
    return this.all.filter((one) => one.item === item && one.end).length;
  }
  clears(item) {
    return this.all.filter((one) => one.item === item && one.clear).length;
  }
  // Waits until the values of one field so far are these, no more and no less.
  async lists(item, field, wanted) {
    const text = JSON.stringify(wanted);
    await until(
      () => `${item}.${field} to have been ${text}; it was ${JSON.stringify(this.list(item, field))}`,
      () => JSON.stringify(this.list(item, field)) === text,
    );
  }
  last(item) {
    return this.of(item).at(-1)?.values;
  }
  async active() {
    await until(() => `onSubscription; errors: ${JSON.stringify(this.errors)}`, () => this.state === 'subscribed');
    return this;
  }
  async ended() {
    await until('onUnsubscription', () => this.state === 'unsubscribed');
  }
  async failed() {
    await until('onSubscriptionError', () => this.errors.length > 0);
    return this.errors[0];
  }
  // Waits until the latest values of an item are these.
  async shows(item, values, millis = kPatience) {
    const same = () => {
      const last = this.last(item);
      return last && Object.entries(values).every(([name, value]) => last[name] === value);
    };
    await until(() => `${item} to show ${JSON.stringify(values)}; it shows ${JSON.stringify(this.last(item))}`, same, millis);
  }
}
