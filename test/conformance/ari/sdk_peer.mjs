// SPDX-License-Identifier: Apache-2.0
// A scripted peer: an adapter over a socket that reads as strictly, and writes as oddly, as one of the
// official SDKs. What the real one would choke on is kept in `faults`.
import net from 'node:net';

import { closeLater } from '../lib/cleanup.mjs';
import { pause, until } from '../lib/wait.mjs';
import { formDecode, formEncode } from './sdks.mjs';
import { readRequest } from './sdk_requests.mjs';

class Fault extends Error {}

class Peer {
  lines = []; // all that the server said
  requests = []; // { id, method, values }, as this SDK understood them
  faults = [];
  closeReason = null;
  closed = false;
  init = null;

  constructor(kind, sdk, { credentials = {}, version = sdk.version, initMillis = 0 } = {}) {
    Object.assign(this, { kind, sdk, credentials, version, initMillis });
    this.initMethod = kind === 'data' ? 'DPI' : 'MPI';
  }

  // Tries until it is let in, as a supervisor that starts the program again and again.
  async join(port, notifyPort) {
    await until(() => `a scripted ${this.sdk.name} peer to be let in; ${this.closeReason}`, async () => {
      this.socket?.destroy();
      Object.assign(this, { closed: false, init: null });
      await this.dial(port, notifyPort);
      await until('init, or the end', () => this.init || this.closed);
      if (!this.init) await pause(50);
      return this.init;
    }, 15000);
    return this;
  }

  // One attempt.
  async dial(port, notifyPort) {
    const open = (to) => until(`port ${to}`, () => new Promise((resolve) => {
      const socket = net.connect({ port: to, host: '127.0.0.1' });
      socket.once('connect', () => resolve(socket)).once('error', () => resolve(null));
    }));
    this.socket = await open(port);
    this.notify = notifyPort ? await open(notifyPort) : this.socket;
    closeLater(this, (one) => one.kill());
    const pairs = Object.entries({ ...this.credentials, ...this.sdk.rac }).map(([name, value]) => `|S|${formEncode(name)}|S|${formEncode(value)}`).join('');
    this.say(`1|RAC${pairs}`);
    if (notifyPort) this.tell(`RAC${pairs}`);
    let rest = '';
    this.socket.setEncoding(this.sdk.asciiInput ? 'latin1' : 'utf8');
    this.socket.on('data', (text) => {
      const lines = (rest + text).split(/\r*\n/);
      rest = lines.pop();
      lines.forEach((line) => this.#hear(line));
    });
    for (const socket of [this.socket, this.notify]) socket.on('error', () => {}).on('close', () => (this.closed = true));
    return this;
  }

  #hear(line) {
    if (this.zombie) return;
    this.lines.push(line);
    try {
      this.#take(line);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.faults.push(`${error.message}: ${line}`);
    }
  }
  #take(line) {
    if (this.sdk.asciiInput && /[^\x00-\x7f]/.test(line)) {
      this.zombie = true; // the reader is dead, the keepalives go on
      throw new Fault('not ASCII');
    }
    let [id, method, ...tokens] = line.split('|');
    if (this.sdk.mergesTokens) tokens = tokens.filter((token) => token !== '');
    if (line.startsWith('\ufeff')) throw new Fault('a byte order mark');
    if (tokens.includes('')) throw new Fault('an empty token');
    if (this.sdk.needsArguments && tokens.length === 0) throw new Fault('malformed, discarded');
    if (method === 'CLOSE') {
      if (id !== '0' || tokens[1] !== 'reason') throw new Fault('CLOSE with another id, or without a reason');
      this.closeReason = formDecode(tokens[3]);
      this.socket.destroy();
      return;
    }
    if (method === this.initMethod) {
      if (this.init) throw new Fault('a second init');
      const values = tokens.filter((token, i) => i % 2 === 1).map(formDecode);
      const params = {};
      for (let i = 0; i < values.length; i += 2) params[values[i]] = values[i + 1];
      if (this.sdk.keepaliveAtInit) this.say('KEEPALIVE');
      const answer = () => (this.say(`${id}|${method}|S|ARI.version|S|${this.version}`), (this.init = params));
      return this.initMillis ? setTimeout(answer, this.initMillis) : answer();
    }
    if (!this.init) throw new Fault('a request before init is done');
    const request = { id, method, values: readRequest(method, tokens, this, (text) => new Fault(text)) };
    this.requests.push(request);
    this.answer(request);
  }

  say(line) {
    this.socket.write(line + this.sdk.eol);
  }
  // On the notification stream; the clock of some is wrong.
  tell(rest) {
    this.notify.write(`${Date.now() + (this.sdk.hoursOff ?? 0) * 3600000}|${rest}${this.sdk.eol}`);
  }
  reply(id, method, rest) {
    this.say(`${id}|${method}${rest ? `|${rest}` : ''}`);
  }
  text(value) {
    return this.sdk.encode(value);
  }
  async asked(method, match = () => true) {
    return until(
      () => `${method} at the scripted ${this.sdk.name} peer, which heard\n${this.lines.join('\n')}`,
      () => this.requests.find((one) => one.method === method && match(one.values)),
    );
  }
  methods() {
    return this.requests.map((one) => one.method);
  }
  kill() {
    this.socket?.destroy();
    this.notify?.destroy();
  }
}

export class DataPeer extends Peer {
  ids = new Map(); // item -> id of the subscription that runs
  #queues = new Map();
  #last = new Map();
  #turn = 0;

  // snapshots: item -> fields. slow: items whose first call keeps the adapter busy until release().
  constructor(sdk, { snapshots = {}, refused = {}, slow = [], ...options } = {}) {
    super('data', sdk, options);
    Object.assign(this, { snapshots, refused, slow: new Set(slow) });
  }
  static start(sdk, set, options = {}) {
    return new DataPeer(sdk, options).join(set.request_reply_port, set.notify_port);
  }

  answer({ id, method, values: [item] }) {
    if (this.#last.get(item) === method || (method === 'USB' && !this.#last.has(item))) {
      this.faults.push(`Unexpected task: ${method} ${item}`);
    }
    this.#last.set(item, method);
    const queue = this.#queues.get(item) ?? [];
    this.#queues.set(item, queue);
    queue.push({ id, method });
    if (!this.slow.has(item)) this.#work(item);
  }
  // The adapter has time for the item again.
  release(item) {
    this.slow.delete(item);
    this.#work(item);
  }
  #work(item) {
    const queue = this.#queues.get(item);
    while (queue.length > 0) {
      const { id, method } = queue.shift();
      if (method === 'USB') {
        this.ids.delete(item);
        this.reply(id, 'USB', 'V');
      } else if (queue.some((later) => later.method === 'USB')) {
        if (this.sdk.lateSub === 'EU') this.reply(id, 'SUB', `EU|${this.text('Subscribe request come too late')}`);
      } else {
        this.#subscribe(item, id);
      }
    }
  }
  #subscribe(item, id) {
    this.ids.set(item, id);
    const snapshot = this.snapshots[item] ?? this.snapshots['*'];
    const events = () => {
      if (snapshot) this.update(item, snapshot, true);
      this.tell(`EOS|S|${this.text(item)}|S|${id}`);
    };
    const done = () => this.reply(id, 'SUB', this.refused[item] ?? 'V');
    const eosFirst = this.sdk.eosFirst === 'either' ? ++this.#turn % 2 === 0 : this.sdk.eosFirst;
    if (eosFirst) (events(), done());
    else (done(), events());
  }

  update(item, fields, snapshot = false, id = this.ids.get(item)) {
    const pairs = Object.entries(fields).map(([name, value]) => `|S|${this.text(name)}|S|${this.text(value)}`).join('');
    this.tell(`UD3|S|${this.text(item)}|S|${id}|B|${snapshot ? 1 : 0}${pairs}`);
  }
}

export class MetadataPeer extends Peer {
  // answers: method -> reply behind the method, or a function of the values that gives it.
  constructor(sdk, { answers = {}, ...options } = {}) {
    super('metadata', sdk, options);
    this.answers = answers;
  }
  static start(sdk, set, options = {}) {
    return new MetadataPeer(sdk, options).join(set.request_reply_port);
  }

  answer({ id, method, values }) {
    const given = this.answers[method];
    this.reply(id, method, (typeof given === 'function' ? given(values) : given) ?? this.#usual(method, values));
  }
  #usual(method, values) {
    const list = (text) => text.split(' ').filter(Boolean).map((one) => `S|${this.text(one)}`).join('|');
    const double = this.sdk.name.startsWith('Node') ? '0' : '0.0';
    switch (method) {
      case 'NUS':
        return `D|${double}|B|1`;
      case 'GIS':
        return list(values[1]);
      case 'GSC':
        return list(values[2]);
      case 'GIT':
        return values.map(() => `I|0|D|${double}|M|RMDC`).join('|');
      case 'GUI':
        return values.slice(1).map(() => `I|0|D|${double}|M|RMDC`).join('|');
      case 'NNS':
        return this.sdk.ttl ? 'I|3600' : 'V';
      case 'NNT':
        return this.sdk.flags ? 'B|1|B|1' : 'V';
      default:
        return 'V';
    }
  }
}
