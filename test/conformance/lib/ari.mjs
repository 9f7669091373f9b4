// SPDX-License-Identifier: Apache-2.0
// Remote adapters written out by hand over sockets: they speak any dialect of ARI from 1.8.0 to
// 1.9.1 and keep every packet, so that a test can say to the byte what the server sent.
import net from 'node:net';
import tls from 'node:tls';

import { closeLater } from './cleanup.mjs';
import { freePort } from './ports.mjs';
import { Recorder, scriptedData, scriptedMetadata, settled } from './scripted_adapter.mjs';
import { pause, until } from './wait.mjs';

export const smart = (version) => version >= '1.9.0';

export function encode(text, version) {
  if (text === null || text === undefined) return '#';
  if (text === '') return '$';
  if (smart(version)) {
    const escaped = text.replace(/[\r\n|%+]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0'));
    return escaped === '#' ? '%23' : escaped === '$' ? '%24' : escaped;
  }
  return encodeURIComponent(text).replace(/%20/g, '+').replace(/[!'()~]/g, (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase());
}

export function decode(token, version) {
  if (token === '#') return null;
  if (token === '$') return '';
  return decodeURIComponent(smart(version) ? token : token.replace(/\+/g, ' '));
}

// What both kinds share: the connection, the greeting, the init reply.
class Remote extends Recorder {
  // `secure`: what tls.connect() takes, for a proxy that speaks TLS; `from`: the address to come from.
  constructor(initMethod, { version = '1.9.1', rac = {}, eol = '\r\n', answerInit = true, secure = null, from = undefined } = {}) {
    super();
    this.initMethod = initMethod;
    this.version = version;
    this.rac = rac;
    this.eol = eol;
    this.answerInit = answerInit;
    this.secure = secure;
    this.from = from;
  }

  async open(port) {
    return until(`a connection to the adapter port ${port}`, async () => {
      const where = { port, host: '127.0.0.1', localAddress: this.from };
      const socket = this.secure ? tls.connect({ ...where, ...this.secure }) : net.connect(where);
      const ok = await new Promise((resolve) => {
        socket.once(this.secure ? 'secureConnect' : 'connect', () => resolve(true));
        socket.once('error', () => resolve(false));
      });
      if (ok) return socket;
      await pause(30);
      return null;
    });
  }

  // The greeting; `first` is the id on the request connection, a time stamp on the other.
  greeting(first) {
    if (this.rac === null || this.version === '1.8.0') return '';
    const pairs = Object.entries({ ...this.rac, enableClosePacket: 'true', SDK: this.rac.SDK ?? 'Penstock test' });
    return `${first}|RAC` + pairs.map(([n, v]) => `|S|${encode(n, '1.8.3')}|S|${encode(v, '1.8.3')}`).join('') + this.eol;
  }

  async connect(port) {
    return this.attach(await this.open(port));
  }

  // Speaks on a connection that is there.
  attach(socket) {
    this.socket = socket;
    closeLater(this, (one) => one.kill());
    this.notify = this.socket;
    this.#read(this.socket);
    this.socket.write(this.greeting('1'));
    return this;
  }

  #read(socket) {
    let rest = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (let end; (end = rest.indexOf('\n')) >= 0; rest = rest.subarray(end + 1)) {
        this.#line(rest.subarray(0, end).toString('utf8').replace(/\r$/, ''));
      }
    });
    socket.on('close', () => (this.closed = true));
    socket.on('error', () => (this.closed = true));
  }

  #line(line) {
    const [id, method, ...tokens] = line.split('|');
    const packet = { id, method, tokens, line };
    this.packets.push(packet);
    if (method === this.initMethod) {
      this.initParams = {};
      for (let i = 0; i + 3 < tokens.length; i += 4) {
        this.initParams[decode(tokens[i + 1], '1.8.3')] = decode(tokens[i + 3], '1.8.3');
      }
      if (this.answerInit) {
        this.reply(id, method, this.version === '1.8.0' ? 'V' : `S|ARI.version|S|${this.version}`);
      }
    } else if (!['CLOSE', 'FST', 'FUS'].includes(method)) {
      this.request(packet);
    }
  }

  strings(packet) {
    const texts = [];
    for (let i = 0; i + 1 < packet.tokens.length; i += 2) {
      if (packet.tokens[i] === 'S') texts.push(decode(packet.tokens[i + 1], this.version));
    }
    return texts;
  }

  encoded(text) {
    return encode(text, this.version);
  }
  reply(id, method, rest) {
    this.socket.write(`${id}|${method}${rest ? '|' + rest : ''}${this.eol}`);
  }
  // Reports a failure of the whole adapter.
  fail(message) {
    this.notify.write(`${this.initMethod === 'MPI' ? 2 : 0}|FAL|E|${this.encoded(message)}${this.eol}`);
  }
  // Says nothing any more.
  end() {
    this.socket.end();
  }
  reset() {
    this.socket.resetAndDestroy(); // not behind end()
  }
  // As when the process dies.
  kill() {
    this.socket?.destroy();
    this.notify?.destroy();
  }
}

// Listens as remote adapters do that are dialed: each connection is one, made by `make`. `secure`: what
// tls.createServer() takes. Gives { port, adapters, failures, close }.
export async function listening(make, { port, secure = null } = {}) {
  const adapters = [];
  const failures = []; // of TLS handshakes
  const accept = (socket) => adapters.push(make().attach(socket));
  const server = secure ? tls.createServer(secure, accept) : net.createServer(accept);
  server.on('tlsClientError', (error) => failures.push(error.message));
  // Not one of the ports that outgoing connections get: who dials it when nobody listens would now and then meet himself.
  const own = port ?? (await freePort());
  await new Promise((resolve, reject) => server.once('error', reject).listen({ port: own, host: '127.0.0.1' }, resolve));
  const close = () => {
    server.close();
    for (const adapter of adapters) adapter.kill();
  };
  closeLater(server, close);
  return { port: server.address().port, adapters, failures, close };
}

export class DataAdapter extends scriptedData(Remote) {
  constructor(options = {}) {
    super('DPI', options);
    for (const [item, fields] of Object.entries(options.snapshots ?? {})) this.snapshots.set(item, fields);
    this.autoEos = options.autoEos ?? true;
  }

  static start(port, options = {}) {
    return settled(port, options, async () => {
      const adapter = new DataAdapter(options);
      await adapter.connect(port);
      if (options.notifyPort) {
        adapter.notify = await adapter.open(options.notifyPort);
        adapter.notify.on('error', () => {});
        adapter.notify.write(adapter.greeting(String(Date.now())));
      }
      return adapter;
    });
  }

  request(packet) {
    const [item] = this.strings(packet);
    this.log.push(`${packet.method} ${item}`);
    this.heard?.(packet);
    if (packet.method === 'SUB') {
      this.active.set(item, packet.id);
      const refusal = this.refusals.get(item);
      if (refusal) return this.reply(packet.id, 'SUB', refusal);
      this.tellSnapshot(packet.id, item);
    } else if (packet.method === 'USB') {
      this.active.delete(item);
      if (this.autoReply) this.reply(packet.id, 'USB', 'V');
    }
  }

  #tell(method, item, rest = '', id = this.active.get(item)) {
    this.notify.write(`${Date.now()}|${method}|S|${this.encoded(item)}|S|${id}${rest}${this.eol}`);
  }
  update(item, fields, snapshot = false, id = undefined) {
    const pairs = Object.entries(fields).map(([name, value]) => `|S|${this.encoded(name)}|S|${this.encoded(value)}`);
    this.#tell('UD3', item, `|B|${snapshot ? 1 : 0}${pairs.join('')}`, id ?? this.active.get(item));
  }
  eos(item) {
    this.#tell('EOS', item);
  }
  // Declares how fields may be sent as differences: { field: 'JM' }, null and '' as values are.
  diffs(item, orders) {
    this.#tell('DFD', item, Object.entries(orders).map(([name, letters]) => `|S|${this.encoded(name)}|F|${this.encoded(letters)}`).join(''));
  }
  // What `send` sends goes out in one write.
  burst(send) {
    this.notify.cork();
    send();
    this.notify.uncork();
  }
  clear(item) {
    this.#tell('CLS', item);
  }
}

// Answers like a Metadata Adapter that allows everything; `answers` replaces single replies:
// { NUS: (strings, packet) => 'EA|no such user' }, null meaning no reply at all.
export class MetadataAdapter extends scriptedMetadata(Remote) {
  #calls = 99;

  constructor(options = {}) {
    super('MPI', options);
    this.answers = options.answers ?? {};
  }

  static start(port, options = {}) {
    return settled(port, options, () => new MetadataAdapter(options).connect(port));
  }

  // A call of the adapter itself, FST or FUS; gives a promise of what the server says to it: "V", "B|1", "E|..."
  call(method, rest) {
    const id = (++this.#calls).toString(16);
    this.reply(id, method, rest);
    return until(`the answer to ${id}|${method}|${rest}`, () => this.all(method).find((packet) => packet.id === id)).then((packet) =>
      packet.tokens.join('|'),
    );
  }
  endSession(id, cause = 'V') {
    return this.call('FST', `S|${id}|${cause}`);
  }
  endSubscription(id, subId) {
    return this.call('FUS', `S|${id}|I|${subId}`);
  }
  request(packet) {
    const strings = this.strings(packet);
    const given = this.answers[packet.method]?.(strings, packet);
    if (given === null) return;
    this.reply(packet.id, packet.method, given ?? this.usual(packet.method, strings));
  }
}
