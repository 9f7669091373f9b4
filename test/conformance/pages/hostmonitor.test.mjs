// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The host monitor in a real browser: many items, found through one, with live figures.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { look, openBrowser, openPage, openPlaces, picture, waitForChange } from "./browser.mjs";

const kPath = "hostmonitor/index.html";

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

describe("host monitor", () => {
  for (const transport of ["WS-STREAMING", "HTTP-POLLING"]) {
    it(`shows a tile for each item over ${transport}`, { timeout: 60000 }, async () => {
      const { page, errors } = await openPage(browser.context, places.server, kPath, { transport });
      try {
        await waitForChange(page, "cpu.0", "idle", null);
        await waitForChange(page, "process.1", "pid", null);
        const names = await page.evaluate(() => window.penstockPage.latest["hosts.items"].names);
        const seen = await look(page);
        assert.deepEqual(Object.keys(seen).sort(), names.split(" ").sort());

        const cpu = await page.evaluate(() => window.penstockPage.latest["cpu.0"]);
        const sum = ["user", "system", "idle", "iowait"].reduce((all, f) => all + Number(cpu[f]), 0);
        assert.ok(sum >= 0 && sum <= 100.5, `the shares of cpu.0 add up to ${sum}`);
        const memory = await page.evaluate(() => window.penstockPage.latest.memory);
        assert.equal(Number(memory.used) + Number(memory.available), Number(memory.total));
        assert.deepEqual(errors, []);
        await picture(page, `hostmonitor-${transport.toLowerCase()}`);
      } finally {
        await page.close();
      }
    });
  }

  it("goes on changing", { timeout: 60000 }, async () => {
    const { page } = await openPage(browser.context, places.server, kPath, {});
    try {
      const first = await waitForChange(page, "memory", "available", null);
      await waitForChange(page, "cpu.0", "idle", null);
      const count = () => page.evaluate(() => window.penstockPage.received.length);
      const before = await count();
      await page.waitForFunction((old) => window.penstockPage.received.length > old + 5, before);
      assert.notEqual(first, null);
    } finally {
      await page.close();
    }
  });
});
