// SPDX-License-Identifier: Apache-2.0
// The cable between a client and a server, in a test's hands: it cuts connections, stalls, slows
// down and delays what they carry, and lets a later connection overtake an earlier one. It knows
// bytes only, so TLS goes through it as well.
import net from 'node:net';

import { closeLater } from './cleanup.mjs';
import { until } from './wait.mjs';

const kQueueBytes = 65536; // what one way of a connection holds; beyond, its source is not read
const kMostLinks = 500; // open at once
const kLongestHoldMillis = 2000;
const kThrottleTickMillis = 20;

// Node loses a socket that is reset while its own end is under way: it stays open, and the process with it.
function reset(socket) {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}

// One way of a connection.
class Way {
  #source;
  #sink;
  #cable;
  #queue = []; // { bytes, due }
  #queued = 0;
  #stalled = false;
  #full = false; // the sink wants no more for now
  #ended = false;
  #credit = 0; // bytes that may go now while the cable is throttled
  #credited = 0;
  #timer = null;

  constructor(source, sink, cable) {
    this.#source = source;
    this.#sink = sink;
    this.#cable = cable;
    source.on('data', (bytes) => {
      this.#queue.push({ bytes, due: performance.now() + cable.delayMillis });
      this.#queued += bytes.length;
      this.pass();
    });
    source.on('end', () => {
      this.#ended = true;
      this.pass();
    });
    sink.on('drain', () => {
      this.#full = false;
      this.pass();
    });
  }

  set stalled(stalled) {
    this.#stalled = stalled;
    this.pass();
  }

  // Sends what may go by now.
  pass() {
    clearTimeout(this.#timer);
    if (this.#sink.destroyed) return;
    for (let wait = 0; wait === 0 && this.#queue.length > 0 && !this.#stalled && !this.#full; ) {
      wait = this.#step(performance.now());
      if (wait > 0) this.#timer = setTimeout(() => this.pass(), wait).unref();
    }
    if (this.#ended && this.#queue.length === 0 && !this.#stalled) this.#sink.end();
    if (this.#stalled || this.#queued >= kQueueBytes) this.#source.pause();
    else this.#source.resume();
  }

  // Sends the first piece, or a part of it; else the milliseconds until it may go.
  #step(now) {
    const [{ bytes, due }] = this.#queue;
    if (due > now) return Math.ceil(due - now);
    const size = Math.min(bytes.length, this.#allowance(now));
    if (size < 1) return kThrottleTickMillis;
    this.#queue[0].bytes = bytes.subarray(size);
    if (size === bytes.length) this.#queue.shift();
    this.#queued -= size;
    this.#credit -= size;
    this.#full = !this.#sink.write(bytes.subarray(0, size));
    return 0;
  }

  #allowance(now) {
    const rate = this.#cable.bytesPerSecond;
    if (rate === 0) return Infinity;
    const most = Math.max(1, (rate * 2 * kThrottleTickMillis) / 1000);
    this.#credit = Math.min(most, Math.max(0, this.#credit) + ((now - this.#credited) / 1000) * rate);
    this.#credited = now;
    return Math.floor(this.#credit);
  }
}

// A connection through the cable: of the client to the proxy, and of the proxy to the server.
class Link {
  kind = ''; // 'ws', or the last request over HTTP as in 'bind_session'
  served = false; // something has come back
  #ways;
  #deaf = false; // one end was cut and the other must not hear of it

  constructor(client, port, cable) {
    this.client = client;
    this.server = net.connect({ port, host: '127.0.0.1', localAddress: cable.from, allowHalfOpen: true });
    this.#ways = [new Way(client, this.server, cable), new Way(this.server, client, cable)];
    client.on('data', (bytes) => this.#look(bytes.toString('latin1')));
    this.server.on('data', (bytes) => {
      this.served = true;
      cable.fromServer += bytes.length;
    });
    for (const [end, other] of [[client, this.server], [this.server, client]]) {
      end.setNoDelay(true);
      end.on('error', () => {});
      end.on('close', (failed) => failed && !this.#deaf && other.destroy());
    }
    client.resume();
  }

  get open() {
    return !this.client.destroyed || !this.server.destroyed;
  }
  stall() {
    for (const way of this.#ways) way.stalled = true;
  }
  resume() {
    if (!this.#deaf) for (const way of this.#ways) way.stalled = false;
  }
  pass() {
    for (const way of this.#ways) way.pass();
  }

  // With "rst" bytes under way are lost, as they are with a network. With one `side`, the other is
  // left with a connection that looks healthy, and on which nothing moves any more.
  cut({ how = 'rst', side = 'both' } = {}) {
    this.stall();
    this.#deaf ||= side !== 'both';
    const ends = { both: [this.client, this.server], client: [this.client], server: [this.server] }[side];
    for (const end of ends) {
      if (how === 'rst') reset(end);
      else end.end(() => end.destroy());
    }
  }
  destroy() {
    this.#deaf = true;
    this.client.destroy();
    this.server.destroy();
  }

  #look(text) {
    if (/^upgrade:\s*websocket/im.test(text)) this.kind = 'ws';
    else this.kind = /^POST \S*\/(\w+)\.txt/.exec(text)?.[1] ?? this.kind;
  }
}

export class CuttingProxy {
  delayMillis = 0;
  opened = 0;
  fromServer = 0; // bytes that came of it, TLS and all
  #links = new Set();
  #holds = 0;
  #rate = 0;
  #stalled = false;
  #isDown = false;

  // `from` is the address that the server sees.
  static async start(port, { from, scheme = 'http' } = {}) {
    const proxy = closeLater(new CuttingProxy(), (one) => one.stop());
    proxy.from = from;
    proxy.server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => proxy.#accept(client, port));
    await new Promise((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    proxy.port = proxy.server.address().port;
    proxy.url = `${scheme}://127.0.0.1:${proxy.port}`;
    return proxy;
  }

  // Open connections in the order of their opening; `kind` as a link has it.
  links(kind) {
    for (const link of this.#links) if (!link.open) this.#links.delete(link);
    return [...this.#links].filter((link) => kind === undefined || link.kind === kind);
  }
  cut(options) {
    for (const link of this.links(options?.kind)) link.cut(options);
  }
  // Nothing moves until resume(), on later connections neither.
  stall() {
    this.#stalled = true;
    for (const link of this.links()) link.stall();
  }
  resume() {
    this.#stalled = false;
    for (const link of this.links()) link.resume();
  }
  get bytesPerSecond() {
    return this.#rate;
  }
  // Of each way of each connection; 0 = all that there is.
  throttle(bytesPerSecond) {
    this.#rate = bytesPerSecond;
    for (const link of this.links()) link.pass();
  }
  // Cuts all, and lets nobody in until it is up again.
  down() {
    this.#isDown = true;
    this.cut();
  }
  up() {
    this.#isDown = false;
  }
  // So many of the next connections wait until a later one has been served, or for two seconds.
  holdNext(count = 1) {
    this.#holds += count;
  }
  // An undisturbed cable from now on; what was cut stays cut.
  calm() {
    this.delayMillis = 0;
    this.#holds = 0;
    this.throttle(0);
    this.resume();
  }
  stop() {
    this.server.close();
    for (const link of this.#links) link.destroy();
  }

  async #accept(client, port) {
    const number = ++this.opened;
    client.on('error', () => {});
    if (this.#isDown) return client.resetAndDestroy();
    if (this.#holds > 0) {
      --this.#holds;
      const overtaken = () => client.destroyed || this.links().some((link) => link.number > number && link.served);
      await until('a later connection', overtaken, kLongestHoldMillis).catch(() => {});
    }
    if (client.destroyed || !this.server.listening || this.links().length >= kMostLinks) return client.destroy();
    const link = new Link(client, port, this);
    link.number = number;
    if (this.#stalled) link.stall();
    this.#links.add(link);
  }
}
