// SPDX-License-Identifier: Apache-2.0
// The lines of TLCP as they came, with a way to wait for one.
import { kPatience, until } from './wait.mjs';

export class Lines {
  all = [];
  onLine = null; // called with each line; one for which it gives true is not kept
  #taken = 0;

  add(text) {
    for (const line of text.split('\r\n')) {
      if (line === '') continue;
      if (!this.onLine?.(line)) this.all.push(line);
    }
  }
  find(start) {
    return this.all.find((line) => matches(line, start));
  }
  count(start) {
    return this.all.filter((line) => matches(line, start)).length;
  }
  // The next line that matches, among those that no earlier call of next() has passed.
  async next(start, millis = kPatience) {
    return until(
      () => `a line ${start}; got:\n${this.all.join('\n')}`,
      () => {
        for (let i = this.#taken; i < this.all.length; ++i) {
          if (matches(this.all[i], start)) {
            this.#taken = i + 1;
            return this.all[i];
          }
        }
        return null;
      },
      millis,
    );
  }
}

// "REQOK" means the tag REQOK; "REQOK,1" the line or its beginning; a RegExp what it says.
function matches(line, start) {
  if (start instanceof RegExp) return start.test(line);
  return line === start || line.startsWith(start.includes(',') ? start : `${start},`);
}

export const kCid = 'LS_cid=mgQkwtwdysogQz2BJ4Ji%20kOj2Bg';
