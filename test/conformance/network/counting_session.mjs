// SPDX-License-Identifier: Apache-2.0
// A session as the protocol wants a client to count it, without any library: the data notifications
// in their order, from whichever connection they came. What comes a second time must be byte for
// byte what came first.
import assert from 'node:assert/strict';

import { control, HttpConnection } from '../lib/http.mjs';
import { kCid } from '../lib/lines.mjs';
import { TlcpSocket } from '../lib/tlcp_ws.mjs';
import { until } from '../lib/wait.mjs';

const kData = /^(U|SUBOK|SUBCMD|UNSUB|EOS|CS|OV|CONF|MSGDONE|MSGFAIL),/;
const kFirstLines = 4; // SUBOK and CONF of two subscriptions
const kPolling = '&LS_polling=true&LS_polling_millis=0&LS_idle_millis=';

// How a session is bound: 'ws', 'stream' (over HTTP), 'ws-poll' or 'poll' (over HTTP).
export const kWays = ['ws', 'stream', 'ws-poll', 'poll'];

export class CountingSession {
  lines = []; // each with its final \r\n taken off; the first is number 1
  repeated = 0; // lines that came again
  late = 0; // lines on a connection that was no longer the session's
  failure = null;
  connection = null;
  start = 0; // the number of the last line before the current connection
  place = 0; // the number of its last line

  static async create(port, way) {
    const session = new CountingSession();
    session.port = port;
    const answer = await session.#request(0, 'create_session', way, `${kCid}&LS_adapter_set=DEMO`);
    session.id = answer.split(',')[1];
    return session;
  }

  // The same session at the same place, for a request of its client that went another way.
  static copy({ id, port, lines, place }) {
    return Object.assign(new CountingSession(), { id, port, lines: [...lines], place });
  }

  // The DISTINCT item "log" with all its events, and the MERGE item "latest".
  async subscribe() {
    const add = (id, mode, item, schema) =>
      `LS_reqId=${id}&LS_op=add&LS_subId=${id}&LS_mode=${mode}&LS_group=${item}&LS_schema=${schema}&LS_snapshot=false`;
    const answers = await control(this.port, this.id, [
      `${add(1, 'DISTINCT', 'log', 'n%20text')}&LS_requested_max_frequency=unfiltered`,
      add(2, 'MERGE', 'latest', 'n%20text%20same'),
    ].join('\r\n'));
    assert.deepEqual(answers.sort(), ['REQOK,1', 'REQOK,2']);
  }

  // Binds with what the client has, or with what `from` says that it has; gives CONOK or CONERR.
  async recover(way, from = this.lines.length, more = '') {
    this.start = from;
    return this.#request(NaN, 'bind_session', way, `LS_session=${this.id}&LS_recovery_from=${from}${more}`);
  }
  // Without recovery: all that was sent has come.
  async bind(way, idleMillis = 0) {
    this.start = this.lines.length;
    return this.#request(this.start, 'bind_session', way, `LS_session=${this.id}`, idleMillis);
  }
  // Waits until all that it had has come again, if anything, and the log has come to event n; a
  // session that is bound `way` polls on.
  async knows(n, way) {
    const had = this.lines.length;
    const last = `U,1,1,${n}|`;
    const known = () => this.place >= had && (n === 0 ? this.lines.length >= kFirstLines : this.has(n));
    await until(
      () => `${last}; ${this.lines.length} lines, this connection is at ${this.place}:\n${this.connection.all.slice(-10).join('\n')}`,
      async () => {
        this.check();
        if (!way.endsWith('poll')) return known();
        assert.match(await this.connection.next('LOOP'), /^LOOP,0/);
        if (known()) return true;
        await this.bind(way, 1000);
        return false;
      },
    );
    this.check();
  }
  // The log has come to event n.
  has(n) {
    return this.lines.some((line) => line.startsWith(`U,1,1,${n}|`));
  }
  check() {
    if (this.failure) throw this.failure;
  }
  drop() {
    if (this.connection.terminate) this.connection.terminate();
    else this.connection.destroy();
  }

  // `place` is where the connection begins; with NaN, PROG tells.
  async #request(place, name, way, params, idleMillis = 0) {
    const whole = `${params}&LS_send_sync=false${way.endsWith('poll') ? kPolling + idleMillis : ''}`;
    let connection;
    if (way.startsWith('ws')) {
      connection = await TlcpSocket.open(this.port);
      this.#listen(connection, place);
      connection.send('wsok');
      connection.send(`${name}\r\n${whole}`);
    } else {
      connection = await HttpConnection.open(this.port);
      this.#listen(connection, place);
      connection.post(name, whole);
    }
    return connection.next(/^(CONOK|CONERR),/);
  }
  #listen(connection, place) {
    this.connection = connection;
    this.place = place;
    connection.onLine = (line) => {
      if (connection === this.connection) this.#take(line);
      else if (kData.test(line)) ++this.late;
      return false;
    };
  }
  #take(line) {
    if (line.startsWith('PROG,')) this.place = Number(line.slice(5));
    if (!kData.test(line)) return;
    const place = ++this.place;
    if (Number.isNaN(place)) {
      this.failure ??= new Error(`a line in front of PROG: ${line}`);
    } else if (place > this.lines.length) {
      this.lines.push(line);
    } else {
      ++this.repeated;
      const first = this.lines[place - 1];
      if (line !== first) this.failure ??= new Error(`line ${place} was\n${first}\nand came again as\n${line}`);
    }
  }
}
