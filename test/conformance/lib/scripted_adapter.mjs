// SPDX-License-Identifier: Apache-2.0
// What the remote adapters that tests write out by hand have in common, whatever they speak: ari.mjs
// and grpc.mjs.
import { closeLater } from './cleanup.mjs';
import { admission } from './server.mjs';
import { kPatience, pause, until } from './wait.mjs';

// A record of all that the server sent, as packets of ARI. Who extends it has `initMethod`, strings()
// and encoded().
export class Recorder {
  packets = []; // each { id, method, tokens, line }
  initParams = null;
  closed = false;

  all(method) {
    return this.packets.filter((packet) => packet.method === method);
  }
  async ready() {
    await until(`${this.initMethod}`, () => this.initParams !== null);
    return this;
  }
  async seen(method, match = () => true, millis = kPatience) {
    return until(
      () => `${method}; got:\n${this.packets.map((packet) => packet.line).join('\n')}`,
      () => this.all(method).find((packet) => match(this.strings(packet), packet)),
      millis,
    );
  }
}

// An adapter that the server has let in; one that comes too soon after a failed attempt tries again, as
// the supervisor of a real one would. With `wait: false` the first attempt is given as it is.
export async function settled(port, { wait = true, answerInit = true, hello }, connect) {
  if (!wait) return connect();
  return until('the adapter to be let in', async () => {
    const isLetIn = admission(port, hello);
    const adapter = await connect();
    await until(`${adapter.initMethod} or the end`, () => adapter.initParams !== null || adapter.closed);
    if (adapter.initParams !== null) {
      if (answerInit) await until('the server to read the answer to init', () => isLetIn() || adapter.closed);
      return adapter;
    }
    adapter.kill();
    await pause(50);
    return null;
  });
}

// A Data Adapter that speaks as `Remote` does, which has update(), eos(), diffs() and reply().
export const scriptedData = (Remote) =>
  class extends Remote {
    active = new Map(); // item -> id of its latest subscription
    log = []; // "SUB item", "USB item"
    snapshots = new Map(); // item -> fields, or a list of them, sent as soon as the item is subscribed
    orders = new Map(); // item -> { field: letters }, declared in front of the snapshot
    refusals = new Map(); // item -> error token and text
    autoReply = true;

    // What the test has set out for a subscription that is not refused.
    tellSnapshot(id, item) {
      const order = this.orders.get(item) ?? this.orders.get('*');
      if (order) this.diffs(item, order);
      const given = this.snapshots.get(item) ?? this.snapshots.get('*');
      const events = typeof given === 'function' ? given(item) : given ?? [];
      for (const fields of Array.isArray(events) ? events : [events]) this.update(item, fields, true);
      if (this.autoEos) this.eos(item);
      if (this.autoReply) this.reply(id, 'SUB', 'V');
    }
    // An event of a COMMAND item.
    row(item, command, key, fields = {}, snapshot = false) {
      this.update(item, { key, command, ...fields }, snapshot);
    }
    // Calls `send(n)`, n = 0, 1 ..., so many times a second; gives a way to stop, which gives the
    // number of calls.
    feed(perSecond, send) {
      const start = performance.now();
      let sent = 0;
      const timer = setInterval(() => {
        for (const due = ((performance.now() - start) / 1000) * perSecond; sent < due; ++sent) send(sent);
      }, 5);
      closeLater(timer, clearInterval);
      return () => (clearInterval(timer), sent);
    }
    count(line) {
      return this.log.filter((one) => one === line).length;
    }
    async subscribed(item) {
      await until(() => `SUB ${item}; got ${this.log.join(', ')}`, () => this.active.has(item));
    }
  };

// A Metadata Adapter that speaks as `Remote` does, and allows everything.
export const scriptedMetadata = (Remote) =>
  class extends Remote {
    // The methods that it was called with about a session, in order.
    about(sessionId) {
      return this.packets.filter((packet) => packet.tokens.includes(sessionId) && !['FST', 'FUS'].includes(packet.method)).map((packet) => packet.method);
    }
    usual(method, strings) {
      const list = (texts) => texts.map((text) => `S|${this.encoded(text)}`).join('|');
      const words = (text) => text.split(' ').filter(Boolean);
      switch (method) {
        case 'NUS':
        case 'NUA':
          return 'D|0|B|1';
        case 'GIS':
          return list(words(strings[1]));
        case 'GSC':
          return list(words(strings[2]));
        case 'GIT':
          return strings.map(() => 'I|0|D|0|M|RMDC').join('|');
        case 'GUI':
          return strings.slice(1).map(() => 'I|0|D|0|M|RMDC').join('|');
        default:
          return 'V';
      }
    }
  };
