// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

/** The last so many times, and what they say together. */
export class Figures {
  #kept;
  #count = 0;
  times = [];

  constructor(kept) {
    this.#kept = kept;
  }

  add(time) {
    this.#count += 1;
    this.times.push(time);
    if (this.times.length > this.#kept) {
      this.times.shift();
    }
  }

  /** Null before the first time. p99 is the smallest time that 99 of 100 do not exceed. */
  summary() {
    if (this.times.length === 0) {
      return null;
    }
    const sorted = [...this.times].sort((a, b) => a - b);
    return {
      last: this.times.at(-1),
      min: sorted[0],
      avg: sorted.reduce((sum, time) => sum + time, 0) / sorted.length,
      p99: sorted[Math.ceil(0.99 * sorted.length) - 1],
      max: sorted.at(-1),
      count: this.#count,
    };
  }
}
