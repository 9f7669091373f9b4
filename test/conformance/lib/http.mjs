// SPDX-License-Identifier: Apache-2.0
// HTTP over a bare socket: what goes out is what the test wrote, and what comes in is taken apart
// here, so that neither side's mistakes are smoothed over by a library.
import net from 'node:net';
import tls from 'node:tls';

import { closeLater } from './cleanup.mjs';
import { kCid, Lines } from './lines.mjs';
import { kPatience, until } from './wait.mjs';

export class HttpConnection extends Lines {
  responses = []; // { status, headers, body, done }
  closed = false;
  #bytes = Buffer.alloc(0);
  #line = Buffer.alloc(0); // its beginning
  #open = null; // the response that is coming in
  #methods = [];

  // With `secure`, options of tls.connect(), over TLS. `from`: the address that the server sees.
  static async open(port, { host = '127.0.0.1', first, secure, from } = {}) {
    const connection = closeLater(new HttpConnection(), (one) => one.destroy());
    connection.socket = secure ? tls.connect({ port, host, localAddress: from, ...secure }) : net.connect({ port, host, localAddress: from });
    if (first) connection.socket.write(first); // in front of HTTP
    connection.socket.on('data', (bytes) => {
      connection.#bytes = Buffer.concat([connection.#bytes, bytes]);
      while (connection.#step());
    });
    connection.socket.on('error', () => (connection.closed = true));
    connection.socket.on('close', () => {
      connection.closed = true;
      if (connection.#open) connection.#open.done = true;
    });
    await new Promise((resolve, reject) => {
      connection.socket.once(secure ? 'secureConnect' : 'connect', resolve);
      connection.socket.once('error', reject);
    });
    return connection;
  }

  write(text) {
    this.socket.write(text);
  }
  request(method, path, { headers = {}, body } = {}) {
    this.#methods.push(method);
    const all = { Host: 'localhost', ...headers };
    if (body !== undefined) all['Content-Length'] = Buffer.byteLength(body);
    const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    this.write(`${method} ${path} HTTP/1.1\r\n${head}\r\n${body ?? ''}`);
  }
  post(name, body, { query = '', headers = {} } = {}) {
    this.request('POST', `/lightstreamer/${name}.txt?LS_protocol=TLCP-2.5.0${query}`, {
      headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers },
      body,
    });
  }
  get requested() {
    return this.#methods.length;
  }
  // The n-th response of the connection, complete.
  async response(index = 0, millis = kPatience) {
    await until(
      () => `response ${index}; got ${JSON.stringify(this.responses).slice(0, 2000)}, then ${this.#bytes.toString('latin1').slice(0, 300)}`,
      () => {
        if (this.closed && !this.responses[index]?.done) throw new Error(`the connection closed before response ${index}`);
        return this.responses[index]?.done;
      },
      millis,
    );
    return this.responses[index];
  }
  async closes(millis = kPatience) {
    await until('the connection to close', () => this.closed, millis);
  }
  destroy() {
    this.socket.destroy();
  }

  // Takes the next piece off the input; false when it needs more.
  #step() {
    if (!this.#open) {
      const end = this.#bytes.indexOf('\r\n\r\n');
      if (end < 0) return false;
      const [first, ...rest] = this.#bytes.subarray(0, end).toString('latin1').split('\r\n');
      this.#bytes = this.#bytes.subarray(end + 4);
      const headers = {};
      for (const line of rest) {
        const colon = line.indexOf(':');
        const name = line.slice(0, colon).toLowerCase();
        const value = line.slice(colon + 1).trim();
        headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
      }
      const status = Number(first.split(' ')[1]);
      this.#open = { status, headers, body: '', done: false };
      const method = this.#methods[this.responses.length];
      this.responses.push(this.#open);
      if (method === 'HEAD' || status === 204 || status === 304 || headers['content-length'] === '0') this.#finish();
      return true;
    }
    const { headers } = this.#open;
    if (headers['transfer-encoding'] === 'chunked') return this.#chunk();
    const length = headers['content-length'] === undefined ? Infinity : Number(headers['content-length']);
    const wanted = length - Buffer.byteLength(this.#open.body, 'latin1');
    if (this.#bytes.length === 0) return false;
    const piece = this.#bytes.subarray(0, Math.min(wanted, this.#bytes.length));
    this.#bytes = this.#bytes.subarray(piece.length);
    this.#take(piece);
    if (piece.length === wanted) this.#finish();
    return true;
  }

  #chunk() {
    const end = this.#bytes.indexOf('\r\n');
    if (end < 0) return false;
    const size = parseInt(this.#bytes.subarray(0, end).toString('latin1'), 16);
    if (this.#bytes.length < end + 2 + size + 2) return false;
    this.#take(this.#bytes.subarray(end + 2, end + 2 + size));
    this.#bytes = this.#bytes.subarray(end + 2 + size + 2);
    if (size === 0) this.#finish();
    return true;
  }

  #take(bytes) {
    this.#open.body += bytes.toString('latin1');
    // A line may come in pieces; it is none before its end has come.
    const known = Buffer.concat([this.#line, bytes]);
    const end = known.lastIndexOf('\r\n') + 2;
    this.#line = end < 2 ? known : known.subarray(end);
    if (end >= 2) this.add(known.toString('utf8', 0, end));
  }
  #finish() {
    this.add(this.#line.toString('utf8'));
    this.#line = Buffer.alloc(0);
    this.#open.done = true;
    this.#open = null;
  }
}

// One request on a connection of its own: its response.
export async function fetchRaw(port, method, path, options) {
  const connection = await HttpConnection.open(port);
  connection.request(method, path, options);
  const response = await connection.response();
  connection.destroy();
  return response;
}

// A control request on a connection of its own: the lines of its answer.
export async function control(port, session, body, name = 'control', secure = null) {
  const connection = await HttpConnection.open(port, { secure });
  connection.post(name, body, { query: `&LS_session=${session}` });
  const response = await connection.response();
  connection.destroy();
  return response.body.split('\r\n').filter(Boolean);
}

// A streaming session: its connection, with `sessionId`.
export async function createStream(port, { set = 'DEMO', params = '', headers = {}, ...options } = {}) {
  const connection = await HttpConnection.open(port, options);
  connection.post('create_session', `${kCid}&LS_adapter_set=${set}&LS_send_sync=false${params}`, { headers });
  connection.sessionId = (await connection.next('CONOK')).split(',')[1];
  return connection;
}
