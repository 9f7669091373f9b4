// SPDX-License-Identifier: Apache-2.0
// Follows a numbered feed with the official client and keeps what it was told. The same code runs
// in node and in a page.
// Losses are to be noticed soon. The retry delay, for which an answer is waited for, stays at four
// seconds: with less, a request that was only slow is followed by another.
const kOptions = { KeepaliveInterval: 500, StalledTimeout: 500, ReconnectTimeout: 800, FirstRetryMaxDelay: 100, IdleTimeout: 1000 };

export function follow({ LightstreamerClient, Subscription }, url, { name, transport = null, options = {} }) {
  const client = new LightstreamerClient(url, 'DEMO');
  const { connectionOptions, connectionDetails } = client;
  for (const [option, value] of Object.entries({ ...kOptions, ForcedTransport: transport, ...options })) {
    connectionOptions[`set${option}`](value);
  }
  const statuses = [];
  const sessions = []; // ids, in the order of their life
  const events = []; // { session, n } of the DISTINCT item; sessions are numbered as their events come
  let subscribed = 0;
  const counter = { n: 0, updates: 0 };
  const messages = []; // outcomes
  const faults = []; // what must never be
  const fault = (text) => faults.length < 20 && faults.push(text);

  const noteSession = () => {
    const id = connectionDetails.getSessionId();
    if (id && sessions.at(-1) !== id) sessions.push(id);
  };
  client.addListener({
    onStatusChange: (status) => (statuses.push(status), noteSession()),
    onServerError: (code, text) => fault(`server error ${code} ${text}`),
  });

  const subscribe = (mode, item, fields, listener, { snapshot = 'yes', frequency = null } = {}) => {
    const subscription = new Subscription(mode, [item], fields);
    subscription.setRequestedSnapshot(snapshot);
    if (frequency) subscription.setRequestedMaxFrequency(frequency);
    subscription.addListener({
      onItemLostUpdates: (_, position, count) => fault(`${item} lost ${count}`),
      onSubscriptionError: (code, text) => fault(`${item} refused: ${code} ${text}`),
      ...listener,
    });
    client.subscribe(subscription);
    return subscription;
  };
  // A snapshot would repeat what a session before has told; a gap must not hide behind it.
  subscribe('DISTINCT', `log-${name}`, ['n', 'text'], {
    onItemUpdate: (update) => {
      const n = Number(update.getValue('n'));
      if (update.getValue('text') !== `event ${n} ${'.'.repeat(n % 50)}`) fault(`event ${n} is ${update.getValue('text')}`);
      events.push({ session: subscribed, n });
    },
    onSubscription: () => ++subscribed, // anew in each session
  }, { snapshot: 'no', frequency: 'unfiltered' });
  subscribe('MERGE', `counter-${name}`, ['n', 'twice', 'tens'], {
    onItemUpdate: (update) => {
      const n = Number(update.getValue('n'));
      if (n < counter.n) fault(`the counter went back from ${counter.n} to ${n}`);
      if (Number(update.getValue('twice')) !== 2 * n || Number(update.getValue('tens')) !== Math.floor(n / 10)) {
        fault(`counter ${n} with ${update.getValue('twice')} and ${update.getValue('tens')}`);
      }
      counter.n = n;
      ++counter.updates;
    },
  });
  const rows = new Map();
  subscribe('COMMAND', `table-${name}`, ['key', 'command', 'n'], {
    onClearSnapshot: () => rows.clear(),
    onSubscription: () => rows.clear(),
    onItemUpdate: (update) => {
      const key = update.getValue('key');
      if (update.getValue('command') === 'DELETE') rows.delete(key);
      else rows.set(key, update.getValue('n'));
    },
  });

  client.connect();
  return {
    report: () => (noteSession(), {
      status: client.getStatus(),
      ip: connectionDetails.getClientIp(),
      statuses,
      sessions,
      events,
      counter: counter.n,
      updates: counter.updates,
      rows: Object.fromEntries([...rows].sort()),
      messages,
      faults,
    }),
    // What a waiting test looks at often.
    state: () => ({ status: client.getStatus(), last: events.at(-1)?.n ?? 0, counter: counter.n, messages: messages.length }),
    force: (now) => connectionOptions.setForcedTransport(now),
    // Of one sequence; the outcome is kept.
    send: (text) => {
      const keep = (outcome) => () => messages.push(outcome);
      client.sendMessage(text, 'numbers', 30000, {
        onProcessed: keep('processed'), onDeny: keep('denied'), onError: keep('error'),
        onDiscarded: keep('discarded'), onAbort: keep('aborted'),
      }, true);
    },
    disconnect: () => client.disconnect(),
  };
}
