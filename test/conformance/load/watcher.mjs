// SPDX-License-Identifier: Apache-2.0
// A cheap session that watches an item in each of MERGE, COMMAND and DISTINCT and keeps what a client
// would show: the values, the rows, the last event.
import { frame, LightWebSocket } from './light_sockets.mjs';

const kModes = ['MERGE', 'COMMAND', 'DISTINCT'];
const kSchemas = { MERGE: 'value by', COMMAND: 'key command value', DISTINCT: 'value by' };

export class Watcher extends LightWebSocket {
  values = [null, null, null]; // the fields of each subscription, as the last line left them
  rows = new Map();
  clears = 0;
  lost = 0;
  #active = 0;

  // items: { MERGE, COMMAND, DISTINCT }
  constructor(port, items) {
    super(port, Object.values(items));
    this.watched = items;
  }
  subscribe() {
    kModes.forEach((mode, i) => {
      const add = `LS_reqId=${i + 1}&LS_op=add&LS_subId=${i + 1}&LS_mode=${mode}&LS_group=${this.watched[mode]}`;
      this.socket.write(frame(`control\r\n${add}&LS_schema=${encodeURIComponent(kSchemas[mode])}&LS_snapshot=true&LS_ack=false`));
    });
  }
  line(line) {
    const [, tag, sub, rest = ''] = /^(U|CS|OV|SUBOK|SUBCMD),(\d),\d+(?:,(.*))?$/s.exec(line) ?? [];
    if (tag === undefined) return super.line(line);
    const at = Number(sub) - 1;
    if (tag === 'SUBOK' || tag === 'SUBCMD') {
      if (++this.#active === kModes.length) this.resolve();
    } else if (tag === 'OV') {
      this.lost += Number(rest);
    } else if (tag === 'CS') {
      this.clears++;
      if (at === 1) this.rows.clear();
      this.values[at] = null;
    } else {
      this.lines++;
      this.#update(at, rest);
    }
  }
  #update(at, text) {
    const known = this.values[at];
    const now = [];
    for (const token of text.split('|')) {
      const same = token === '' ? 1 : token[0] === '^' ? Number(token.slice(1)) : 0;
      for (let i = 0; i < same; ++i) now.push(known[now.length]);
      if (!same) now.push(token === '#' ? null : token);
    }
    this.values[at] = now;
    if (at !== 1) return;
    if (now[1] === 'DELETE') this.rows.delete(now[0]);
    else this.rows.set(now[0], now[2]);
  }

  // Whether all that it shows is of the adapter of this name.
  isOf(name) {
    const [merge, , distinct] = this.values;
    return merge?.[1] === name && distinct?.[1] === name && this.rows.size > 0 && [...this.rows.values()].every((value) => value?.startsWith(`${name}:`));
  }
  // What is not as `state`, of ChangingAdapter, has it; '' if all is.
  differs(state) {
    const [merge, , distinct] = this.values;
    const rows = [...this.rows].map(([key, value]) => `${key}=${value}`).sort().join();
    if (merge?.[0] !== state[this.watched.MERGE]) return `MERGE shows ${merge} in place of ${state[this.watched.MERGE]}`;
    if (distinct?.[0] !== state[this.watched.DISTINCT]) return `DISTINCT ends with ${distinct} in place of ${state[this.watched.DISTINCT]}`;
    if (rows !== state[this.watched.COMMAND].join()) return `COMMAND has ${rows} in place of ${state[this.watched.COMMAND]}`;
    return '';
  }
}
