// SPDX-License-Identifier: Apache-2.0
// An independent decoder of `U` lines with value differences, and documents to send through it.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

import { TlcpSocket } from './tlcp_ws.mjs';
import { kPatience, until } from './wait.mjs';

// The same numbers in each run.
export function randomNumbers(seed) {
  return (limit) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

// RFC 6902, applied in place; gives the new document.
export function applyPatch(document, patch) {
  const holder = { root: document };
  const place = (pointer) => {
    assert.ok(pointer === '' || pointer.startsWith('/'), `pointer ${pointer}`);
    const names = ['root', ...pointer.split('/').slice(1).map((name) => name.replace(/~1/g, '/').replace(/~0/g, '~'))];
    const last = names.pop();
    let parent = holder;
    for (const name of names) {
      assert.ok(typeof parent === 'object' && parent !== null && Object.hasOwn(parent, name), `no ${pointer}`);
      parent = parent[name];
    }
    return [parent, last];
  };
  const index = (list, name, most) => {
    assert.match(name, /^(0|[1-9]\d*)$/);
    assert.ok(Number(name) <= most, `index ${name} of ${list.length}`);
    return Number(name);
  };
  const get = ([parent, name]) => {
    assert.ok(Object.hasOwn(parent, name), `no member ${name}`);
    return parent[name];
  };
  const remove = ([parent, name]) => {
    const value = get([parent, name]);
    if (Array.isArray(parent)) parent.splice(index(parent, name, parent.length - 1), 1);
    else delete parent[name];
    return value;
  };
  const add = ([parent, name], value) => {
    assert.ok(typeof parent === 'object' && parent !== null);
    if (Array.isArray(parent)) parent.splice(name === '-' ? parent.length : index(parent, name, parent.length), 0, value);
    else parent[name] = value;
  };
  for (const { op, path, from, value } of patch) {
    if (op === 'add') add(place(path), structuredClone(value));
    else if (op === 'remove') remove(place(path));
    else if (op === 'replace') {
      const [parent, name] = place(path);
      get([parent, name]);
      parent[name] = structuredClone(value);
    } else if (op === 'move') add(place(path), remove(place(from)));
    else if (op === 'copy') add(place(path), structuredClone(get(place(from))));
    else if (op === 'test') assert.ok(isDeepStrictEqual(get(place(path)), value), `test of ${path}`);
    else assert.fail(`operation ${op}`);
  }
  return holder.root;
}

// A TLCP-diff: copy, add, delete in turns, lengths in base 26 with a small letter at the end.
export function applyTlcpDiff(base, diff) {
  let at = 0;
  let from = 0;
  let result = '';
  const number = () => {
    let value = 0;
    for (;;) {
      const code = diff.charCodeAt(at++);
      if (code >= 97 && code <= 122) return value * 26 + code - 97;
      assert.ok(code >= 65 && code <= 90, `a number in ${diff}`);
      value = value * 26 + code - 65;
    }
  };
  for (let turn = 0; at < diff.length; ++turn) {
    const count = number();
    if (turn % 3 === 0) {
      assert.ok(from + count <= base.length, `a copy beyond the end in ${diff}`);
      result += base.slice(from, from + count);
      from += count;
    } else if (turn % 3 === 1) {
      assert.ok(at + count <= diff.length, `an addition beyond the end in ${diff}`);
      result += diff.slice(at, at + count);
      at += count;
    } else {
      from += count;
    }
  }
  return result;
}

const unescape = (token) => decodeURIComponent(token);

// The values of one subscribed item as a client has them: texts, null, or { json } after a patch.
export class ItemValues {
  values = null;
  counts = { first: 0, full: 0, unchanged: 0, patches: 0, diffs: 0 };

  constructor(fields) {
    this.fields = fields;
  }
  take(text) {
    const first = this.values === null;
    const now = [];
    for (const token of text.split('|')) {
      const at = now.length;
      const known = first ? undefined : this.values[at];
      if (token === '' || /^\^\d+$/.test(token)) {
        assert.ok(!first, `unchanged in the first update: ${text}`);
        for (let left = token === '' ? 1 : Number(token.slice(1)); left > 0; --left) now.push(this.values[now.length]);
        ++this.counts.unchanged;
      } else if (token.startsWith('^P')) {
        assert.ok(known !== undefined && known !== null, `a patch of nothing: ${text}`);
        now.push({ json: applyPatch(known.json === undefined ? JSON.parse(known) : known.json, JSON.parse(unescape(token.slice(2)))) });
        ++this.counts.patches;
      } else if (token.startsWith('^T')) {
        assert.equal(typeof known, 'string', `a diff of what is no text: ${text}`);
        now.push(applyTlcpDiff(known, unescape(token.slice(2))));
        ++this.counts.diffs;
      } else {
        assert.ok(!token.startsWith('^'), `token ${token}`);
        now.push(token === '#' ? null : token === '$' ? '' : unescape(token));
        ++this.counts[first ? 'first' : 'full'];
      }
    }
    assert.equal(now.length, this.fields.length, text);
    this.values = now;
    return Object.fromEntries(this.fields.map((field, i) => [field, now[i]]));
  }
}

// Has a field the value that was sent?
export const sameValue = (got, sent) => (got?.json === undefined ? got === sent : isDeepStrictEqual(got.json, JSON.parse(sent)));

// A raw client that decodes what it is told of one subscription, and calls `check(item, values)`
// for each update; what check throws is thrown by settled().
export class Decoder {
  items = new Map(); // position -> ItemValues
  lost = 0;
  bytes = 0; // of U lines
  last = new Map(); // position -> values
  failure = null;

  static async open(port, items, fields, { params = '', extra = '', mode = 'MERGE', check = () => {}, ...options } = {}) {
    const decoder = new Decoder();
    decoder.fields = fields;
    decoder.check = check;
    decoder.socket = await TlcpSocket.session(port, { params, ...options });
    decoder.socket.onLine = (line) => decoder.#take(line);
    const answer = await decoder.socket.subscribe(1, items.join(' '), fields.join(' '), extra, mode);
    assert.match(answer, /^SUB(OK|CMD),/);
    return decoder;
  }

  #take(line) {
    const [, tag, position, rest] = /^(U|OV),1,(\d+),(.*)$/s.exec(line) ?? [];
    if (tag === undefined) return false;
    try {
      if (tag === 'OV') {
        this.lost += Number(rest);
      } else {
        this.bytes += Buffer.byteLength(line);
        if (!this.items.has(position)) this.items.set(position, new ItemValues(this.fields));
        const values = this.items.get(position).take(rest);
        this.last.set(position, values);
        this.check(Number(position), values);
      }
    } catch (error) {
      this.failure ??= Object.assign(error, { message: `${error.message}\nin the line ${line.slice(0, 500)}` });
    }
    return true;
  }
  count(kind) {
    return [...this.items.values()].reduce((sum, item) => sum + item.counts[kind], 0);
  }
  // Waits until the field of all items has this value.
  async settled(field, value, items = 1, millis = 2 * kPatience) {
    await until(
      () => `${field} ${value}; last ${[...this.last.values()].map((one) => one[field])}`,
      () => {
        if (this.failure) throw this.failure;
        return this.last.size === items && [...this.last.values()].every((values) => values[field] === value);
      },
      millis,
    );
  }
  close() {
    this.socket.terminate();
  }
}

const kWords = 'alpha beta/gamma ~tilde~ "quoted" über naïve 日本語 Ωμέγα русский a|b 100% ^hat #1 $2 line\nbreak \u2028 \u{1F30A}wave tab\there'.split(' ');

// Documents that change a little with each step.
export class JsonDocument {
  constructor(random) {
    this.random = random;
    this.root = { id: random(1000), name: this.#word(), list: [1, 2, 3].map(() => this.#leaf()), inner: { 'a/b': 1, 'm~n': [], '': null } };
    for (let i = 0; i < 12; ++i) this.root[`field${i}`] = this.#leaf();
  }
  #word() {
    return kWords[this.random(kWords.length)];
  }
  #leaf() {
    const { random } = this;
    return [random(100000), random(1000) / 8, -random(50), this.#word() + this.#word(), true, false, null, { x: random(9), y: [] }, [random(9), this.#word()]][random(9)];
  }
  // A random object or list in the document.
  #holder() {
    const all = [];
    const visit = (value, depth) => {
      if (typeof value !== 'object' || value === null) return;
      all.push(value);
      if (depth < 4) for (const inner of Object.values(value)) visit(inner, depth + 1);
    };
    visit(this.root, 0);
    return all[this.random(all.length)];
  }
  #edit() {
    const { random } = this;
    const holder = this.#holder();
    const names = Object.keys(holder);
    const name = names[random(names.length)];
    const act = random(names.length > 20 ? 8 : 6);
    if (names.length === 0 || act === 0) {
      if (Array.isArray(holder)) holder.splice(random(holder.length + 1), 0, this.#leaf());
      else holder[this.#word() + random(5)] = this.#leaf();
    } else if (act === 1 || act > 5) {
      if (Array.isArray(holder)) holder.splice(Number(name), 1);
      else delete holder[name];
    } else {
      holder[name] = this.#leaf();
    }
  }
  next() {
    for (let edits = 1 + this.random(3); edits > 0; --edits) this.#edit();
    if (Object.keys(this.root).length < 8) for (let i = 0; i < 12; ++i) this.root[`field${i}`] = this.#leaf();
    return JSON.stringify(this.root);
  }
}

export class TextDocument {
  constructor(random) {
    this.random = random;
    this.text = Array.from({ length: 40 }, () => kWords[random(kWords.length)]).join(' ');
  }
  next() {
    const { random } = this;
    const chars = [...this.text];
    for (let edits = 1 + random(2); edits > 0; --edits) {
      const word = kWords[random(kWords.length)];
      chars.splice(random(chars.length + 1), random(12), ...[...word].slice(0, random(word.length + 1)));
    }
    this.text = chars.join('');
    if (chars.length < 80) this.text += kWords.join('');
    // Most texts have no character above U+FFFF, so that a diff is possible.
    return random(4) === 0 ? this.text : (this.text = this.text.replaceAll('\u{1F30A}', 'w'));
  }
}
