// SPDX-License-Identifier: Apache-2.0
// TLCP over a WebSocket of an independent implementation, request by request.
import WebSocket from 'ws';

import { closeLater } from './cleanup.mjs';
import { kCid, Lines } from './lines.mjs';
import { kPatience, until } from './wait.mjs';

export const kProtocol = 'TLCP-2.5.0.lightstreamer.com';

export class TlcpSocket extends Lines {
  messages = [];
  closed = null; // { code, reason }
  #socket;

  // Gives the open socket, or throws what the handshake failed with. With `secure`, options of
  // tls.connect(), it is a wss one.
  static async open(port, { protocol = kProtocol, path = '/lightstreamer', headers = {}, host = '127.0.0.1', secure, more = {}, from } = {}) {
    const socket = closeLater(new TlcpSocket(), (one) => one.terminate());
    const options = { headers, perMessageDeflate: false, localAddress: from, ...more, ...secure }; // of the library
    socket.#socket = new WebSocket(`${secure ? 'wss' : 'ws'}://${host}:${port}${path}`, protocol ?? undefined, options);
    socket.#socket.on('message', (data, binary) => {
      if (binary) throw new Error('a binary frame from the server');
      socket.messages.push(data.toString());
      socket.add(data.toString());
    });
    socket.#socket.on('close', (code, reason) => (socket.closed = { code, reason: reason.toString() }));
    await new Promise((resolve, reject) => {
      socket.#socket.once('open', resolve);
      socket.#socket.once('error', reject);
      socket.#socket.once('unexpected-response', (request, response) => {
        reject(Object.assign(new Error(`status ${response.statusCode}`), { status: response.statusCode }));
        request.destroy();
      });
    });
    socket.#socket.on('error', () => {});
    return socket;
  }

  // An open socket with a session on it; `params` of create_session as "&LS_x=y".
  static async session(port, { set = 'DEMO', params = '', ...options } = {}) {
    const socket = await TlcpSocket.open(port, options);
    socket.send('wsok');
    socket.send(`create_session\r\n${kCid}&LS_adapter_set=${set}&LS_send_sync=false${params}`);
    const conok = await socket.next('CONOK');
    socket.sessionId = conok.split(',')[1];
    return socket;
  }

  send(message) {
    this.#socket.send(message);
  }
  control(line) {
    this.send(`control\r\n${line}`);
  }
  // Subscribes with snapshot; gives the SUBOK, SUBCMD or the REQERR.
  async subscribe(subId, group, schema, extra = '', mode = 'MERGE') {
    this.control(
      `LS_reqId=a${subId}&LS_op=add&LS_subId=${subId}&LS_mode=${mode}&LS_group=${encodeURIComponent(group)}` +
        `&LS_schema=${encodeURIComponent(schema)}&LS_snapshot=true${extra}`,
    );
    return this.next(new RegExp(`^(SUBOK,${subId},|SUBCMD,${subId},|REQERR,a${subId},)`));
  }
  sendBinary(bytes) {
    this.#socket.send(bytes, { binary: true });
  }
  get raw() {
    return this.#socket;
  }
  async closes(millis = kPatience) {
    await until('the socket to close', () => this.closed, millis);
    return this.closed;
  }
  close() {
    this.#socket.close();
  }
  terminate() {
    this.#socket.terminate();
  }
}
