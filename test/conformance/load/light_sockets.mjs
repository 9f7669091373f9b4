// SPDX-License-Identifier: Apache-2.0
// Clients cheap enough to have thousands of in one process: a socket, the last values, no library.
import net from 'node:net';
import tls from 'node:tls';

import { kCid } from '../lib/lines.mjs';

const kCreate = `${kCid}&LS_adapter_set=DEMO&LS_send_sync=false&LS_keepalive_millis=30000`;

export function frame(text) {
  const payload = Buffer.from(text);
  const head = payload.length < 126 ? Buffer.from([0x81, 0x80 | payload.length]) : Buffer.from([0x81, 0xfe, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);  // the mask is zero
}

class LightClient {
  last = ['', ''];  // of the two items
  lines = 0;
  error = null;
  session = null;
  subscribed = 0;

  bytes = 0; // from the server, as TCP brought them

  // With `secure`, options of tls.connect(), over TLS.
  constructor(port, secure) {
    this.rest = '';
    this.socket = secure ? tls.connect({ port, host: '127.0.0.1', ...secure }) : net.connect({ port, host: '127.0.0.1' });
    this.socket.setNoDelay(true);
    this.socket.on('data', (data) => (this.bytes += data.length));
    this.socket.on('error', (error) => this.fail(error.message));
    this.socket.on('close', () => this.fail('the server closed the connection'));
    this.ready = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  fail(text) {
    if (this.done || this.error) return;
    this.error = text;
    this.reject(new Error(text));
  }
  close() {
    this.done = true;
    this.socket.destroy();
  }

  take(text) {
    const lines = (this.rest + text).split('\r\n');
    this.rest = lines.pop();
    for (const line of lines) this.line(line);
  }

  line(line) {
    if (line.startsWith('U,1,')) {
      this.lines++;
      this.last[line.charCodeAt(4) - 49] = line.slice(6);
    } else if (line.startsWith('CONOK,')) {
      this.session = line.split(',')[1];
      if (this.items.length > 0) this.subscribe();
      else this.resolve();
    } else if (line.startsWith('SUBOK,')) {
      this.resolve();
    } else if (/^(CONERR|END|REQERR|ERROR|LOOP),/.test(line)) {
      this.fail(line);
    }
  }

  get add() {
    return `LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=${this.items.join('%20')}&LS_schema=value&LS_snapshot=true`;
  }
}

export class LightWebSocket extends LightClient {
  // `params`: more of create_session, as "&LS_x=y".
  constructor(port, items, secure = null, params = '') {
    super(port, secure);
    this.items = items;
    this.params = params;
    this.unread = Buffer.alloc(0);
    this.open = false;
    this.socket.write(
      'GET /lightstreamer HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: TLCP-2.5.0.lightstreamer.com\r\n\r\n',
    );
    this.socket.on('data', (data) => {
      this.unread = this.unread.length ? Buffer.concat([this.unread, data]) : data;
      while (this.step());
    });
  }

  subscribe() {
    this.socket.write(frame(`control\r\n${this.add}&LS_ack=false`));
  }

  step() {
    if (!this.open) {
      const end = this.unread.indexOf('\r\n\r\n');
      if (end < 0) return false;
      if (!this.unread.subarray(0, end).toString('latin1').startsWith('HTTP/1.1 101 ')) {
        this.fail('no handshake');
        return false;
      }
      this.open = true;
      this.unread = this.unread.subarray(end + 4);
      this.socket.write(Buffer.concat([frame('wsok'), frame(`create_session\r\n${kCreate}${this.params}`)]));
    }
    if (this.unread.length < 2) return false;
    let length = this.unread[1];
    let head = 2;
    if (length === 126) {
      if (this.unread.length < 4) return false;
      length = this.unread.readUInt16BE(2);
      head = 4;
    }
    if (this.unread.length < head + length) return false;
    if (this.unread[0] === 0x81) this.take(this.unread.toString('utf8', head, head + length));
    else this.fail(`a frame of kind ${this.unread[0]}`);
    this.unread = this.unread.subarray(head + length);
    return this.unread.length > 0;
  }
}

export class LightStream extends LightClient {
  constructor(port, items, secure = null, params = '') {
    super(port, secure);
    this.port = port;
    this.secure = secure;
    this.items = items;
    const body = kCreate + params;
    this.socket.write(`POST /lightstreamer/create_session.txt?LS_protocol=TLCP-2.5.0 HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    // Heads and chunk sizes are lines too, of kinds that line() passes over.
    this.socket.on('data', (data) => this.take(data.toString('utf8')));
  }

  subscribe() {
    const where = { port: this.port, host: '127.0.0.1' };
    const socket = this.secure ? tls.connect({ ...where, ...this.secure }) : net.connect(where);
    socket.on('error', (error) => this.fail(`control: ${error.message}`));
    socket.on('data', () => socket.destroy());
    socket.write(`POST /lightstreamer/control.txt?LS_protocol=TLCP-2.5.0&LS_session=${this.session} HTTP/1.1\r\nHost: x\r\nContent-Length: ${this.add.length}\r\n\r\n${this.add}`);
  }
}
