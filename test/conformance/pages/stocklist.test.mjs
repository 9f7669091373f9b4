// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The stock list in a real browser with the unchanged client library: what a person reads on the
// screen must be what was recorded for the day that the screen shows.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { look, openBrowser, openPage, openPlaces, picture, waitForChange, waitForStatus } from "./browser.mjs";
import { expectedText, expectedValues } from "./recorded_data.mjs";

const kIndex = "index.SP500";
const kPath = "stocklist/index.html";
const kTransports = ["WS-STREAMING", "HTTP-STREAMING", "WS-POLLING", "HTTP-POLLING"];
const kChanges = 6;

const expected = expectedValues();
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

/** Compares everything on the screen with the files; answers with how many values were compared. */
function compareWithFiles(seen) {
  let compared = 0;
  for (const [item, fields] of Object.entries(seen)) {
    const date = fields.date.value;
    if (date === null) {
      continue;  // nothing recorded yet in this pass
    }
    const recorded = expected[item]?.[date];
    assert.ok(recorded, `${item} shows ${date}, a day that was not recorded`);
    for (const [field, value] of Object.entries(recorded)) {
      if (!(field in fields)) {
        continue;
      }
      const where = `${item} ${field} of ${date}`;
      assert.equal(fields[field].value, value, `${where}: received`);
      assert.equal(fields[field].text, expectedText(field, value), `${where}: on the screen`);
      compared += 1;
    }
  }
  return compared;
}

async function followAndCompare(page) {
  let compared = 0;
  const days = [];
  let shown = null;
  for (let i = 0; i < kChanges; i += 1) {
    shown = await waitForChange(page, kIndex, "date", shown);
    const seen = await look(page);
    compared += compareWithFiles(seen);
    days.push({ pass: Number(seen[kIndex].replay.value), date: seen[kIndex].date.value ?? "" });
  }
  for (let i = 1; i < days.length; i += 1) {
    const rising = days[i].pass > days[i - 1].pass ||
        (days[i].pass === days[i - 1].pass && days[i].date >= days[i - 1].date);
    assert.ok(rising, `${days[i].date} came after ${days[i - 1].date}`);
  }
  assert.ok(compared >= kChanges * 5, `only ${compared} values were compared`);
}

for (const origin of ["its own origin", "another origin"]) {
  describe(`stock list from ${origin}`, () => {
    for (const transport of kTransports) {
      it(`shows the recorded values as they change over ${transport}`, { timeout: 90000 }, async () => {
        const elsewhere = origin === "another origin";
        const query = elsewhere ? { transport, server: places.server } : { transport };
        const { page, errors } =
            await openPage(browser.context, elsewhere ? places.other : places.server, kPath, query);
        try {
          await waitForStatus(page, `CONNECTED:${transport}`);
          assert.equal(await page.textContent("#transport"), transport);
          assert.equal(await page.textContent("#adapter-set"), "DEMO");
          await followAndCompare(page);
          const stock = (await look(page))["stock.MSFT"].date.text;
          await waitForChange(page, "stock.MSFT", "date", stock, 60000);
          compareWithFiles(await look(page));
          await picture(page, `stocklist-${elsewhere ? "other-" : ""}${transport.toLowerCase()}`);
          assert.deepEqual(errors, []);
        } finally {
          await page.close();
        }
      });
    }
  });
}

describe("stock list", () => {
  it("finds a transport by itself", { timeout: 60000 }, async () => {
    const { page } = await openPage(browser.context, places.server, kPath, {});
    try {
      await waitForStatus(page, "CONNECTED:WS-STREAMING");
      await followAndCompare(page);
    } finally {
      await page.close();
    }
  });

  it("draws the chosen symbol from what it received", { timeout: 60000 }, async () => {
    const { page } = await openPage(browser.context, places.server, kPath, {});
    try {
      await waitForChange(page, kIndex, "date", await waitForChange(page, kIndex, "date", null));
      await page.waitForSelector("#chart .line");
      const before = await page.getAttribute("#chart .line", "points");
      await page.waitForFunction(
          (old) => document.querySelector("#chart .line")?.getAttribute("points") !== old, before);
      await page.selectOption("#chart-item", "stock.IBM");
      assert.match(await page.getAttribute('[data-row="stock.IBM"]', "aria-selected"), /true/);
    } finally {
      await page.close();
    }
  });

  it("shows a user only what that user may see", { timeout: 60000 }, async () => {
    const { page } = await openPage(browser.context, places.server, kPath,
                                    { user: "delayed", password: "delayed" });
    try {
      await waitForChange(page, kIndex, "date", null);
      await page.waitForSelector("#notice:not([hidden])");
      assert.equal((await look(page))["stock.MSFT"].date.value, null);
      await picture(page, "stocklist-delayed");
    } finally {
      await page.close();
    }
  });

  it("tells of a wrong password", { timeout: 60000 }, async () => {
    const { page } = await openPage(browser.context, places.server, kPath,
                                    { user: "demo", password: "wrong" });
    try {
      await page.waitForSelector("#notice:not([hidden])");
      assert.match(await page.textContent("#notice"), /refused the session/);
      assert.equal((await look(page))[kIndex].date.value, null);
    } finally {
      await page.close();
    }
  });

  it("fits the screen of a phone", { timeout: 60000 }, async () => {
    const { page } = await openPage(browser.context, places.server, kPath, {});
    try {
      await page.setViewportSize({ width: 375, height: 740 });
      await waitForChange(page, kIndex, "date", null);
      const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(overflow, 0);
      await picture(page, "stocklist-phone");
    } finally {
      await page.close();
    }
  });
});
