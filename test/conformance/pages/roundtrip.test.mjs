// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The round trip in a real browser: figures that add up, and a graph of them.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { openBrowser, openPage, openPlaces, picture } from "./browser.mjs";

const kPath = "roundtrip/index.html";

let browser;
let places;

before(async () => {
  places = await openPlaces();
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await places?.close();
});

describe("round trip", () => {
  for (const transport of ["WS-STREAMING", "HTTP-STREAMING"]) {
    it(`measures and draws over ${transport}`, { timeout: 60000 }, async () => {
      const { page, errors } = await openPage(browser.context, places.server, kPath, { transport });
      try {
        await page.selectOption("#interval", "50");
        const enough = await page.waitForFunction(() => {
          const figure = (name) => Number(document.querySelector(`[data-figure="${name}"]`).textContent);
          const seen = Object.fromEntries(["last", "min", "avg", "p99", "max", "count"].map((name) => [name, figure(name)]));
          return seen.count >= 20 && { ...seen, bars: document.querySelectorAll("#graph rect").length };
        }, undefined, { timeout: 30000, polling: 50 });
        const seen = await enough.jsonValue();
        assert.ok(seen.min > 0 && seen.max < 10000, JSON.stringify(seen));
        assert.ok(seen.min <= seen.avg && seen.avg <= seen.max, JSON.stringify(seen));
        assert.ok(seen.min <= seen.p99 && seen.p99 <= seen.max, JSON.stringify(seen));
        assert.ok(seen.last >= seen.min && seen.last <= seen.max, JSON.stringify(seen));
        assert.equal(seen.bars, Math.min(seen.count, 120));
        await picture(page, `roundtrip-${transport.toLowerCase()}`);
        assert.deepEqual(errors, []);
      } finally {
        await page.close();
      }
    });
  }

  it("works out its figures of the last times only", { timeout: 60000 }, async () => {
    const { page } = await openPage(browser.context, places.server, kPath, {});
    try {
      const [none, some] = await page.evaluate(async () => {
        const { Figures } = await import("/roundtrip/figures.js");
        const figures = new Figures(100);
        const empty = figures.summary();
        for (let time = 1000; time > 0; time -= 1) {
          figures.add(time);
        }
        return [empty, figures.summary()];
      });
      assert.equal(none, null);
      assert.deepEqual(some, { last: 1, min: 1, avg: 50.5, p99: 99, max: 100, count: 1000 });
    } finally {
      await page.close();
    }
  });
});
