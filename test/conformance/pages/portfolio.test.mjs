// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The portfolio in a real browser: orders change its rows, on every page of the user, and each row
// has the price of the stock list.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { look, openBrowser, openPage, openPlaces, picture, waitForChange } from "./browser.mjs";

const kPath = "portfolio/index.html";

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

// A user for each test: portfolios are remembered.
const newUser = () => `u${Date.now()}`;
const open = (query) => openPage(browser.context, places.server, kPath, query);

async function order(page, side, symbol, quantity) {
  await page.selectOption("#symbol", `stock.${symbol}`);
  await page.fill('[name="quantity"]', String(quantity));
  await page.click(`#order [value="${side}"]`);
}

const waitForQuantity = (page, symbol, quantity) => page.waitForFunction(([item, wanted]) =>
    (document.querySelector(`[data-item="${item}"][data-field="quantity"]`)?.dataset.value ?? null) === wanted,
    [`stock.${symbol}`, quantity], { timeout: 20000, polling: 50 });

describe("portfolio", () => {
  for (const transport of ["WS-STREAMING", "HTTP-POLLING"]) {
    it(`shows what orders do, on each page of the user, over ${transport}`, { timeout: 90000 }, async () => {
      const user = newUser();
      const { page, errors } = await open({ user, transport });
      const { page: other, errors: more } = await open({ user });
      try {
        for (const one of [page, other]) {
          await waitForQuantity(one, "IBM", "100");
        }
        await order(page, "buy", "MSFT", 10);
        await page.waitForFunction(() => /^Done: buy 10 MSFT/.test(document.querySelector("#outcome").textContent));
        for (const one of [page, other]) {
          await waitForQuantity(one, "MSFT", "10");
        }
        await order(other, "buy", "MSFT", 5);
        await waitForQuantity(page, "MSFT", "15");
        await order(page, "sell", "IBM", 100);
        for (const one of [page, other]) {
          await waitForQuantity(one, "IBM", null);
          assert.deepEqual(Object.keys(await look(one)), ["stock.MSFT"]);
        }
        assert.deepEqual([...errors, ...more], []);
      } finally {
        await page.close();
        await other.close();
      }
    });
  }

  it("multiplies by the live price of the stock list", { timeout: 90000 }, async () => {
    const { page, errors } = await open({ user: newUser() });
    try {
      const first = await waitForChange(page, "stock.IBM", "price", null, 60000);
      await waitForChange(page, "stock.IBM", "price", first, 60000);
      const row = (await look(page))["stock.IBM"];
      assert.equal(Number(row.value.value), Number(row.quantity.value) * Number(row.price.value));
      assert.equal(await page.getAttribute("#total", "data-value"), row.value.value);
      await picture(page, "portfolio");
      assert.deepEqual(errors, []);
    } finally {
      await page.close();
    }
  });

  it("says why an order was refused, and changes nothing", { timeout: 60000 }, async () => {
    const { page } = await open({ user: newUser() });
    try {
      await waitForQuantity(page, "IBM", "100");
      await order(page, "sell", "IBM", 101);
      await page.waitForFunction(() => /You do not have so many/.test(document.querySelector("#outcome").textContent));
      await waitForQuantity(page, "IBM", "100");
    } finally {
      await page.close();
    }
  });

  it("opens another portfolio, and an empty one says so", { timeout: 60000 }, async () => {
    const { page } = await open({ user: newUser() });
    try {
      await waitForQuantity(page, "IBM", "100");
      await order(page, "sell", "IBM", 100);
      await page.waitForSelector("#empty:not([hidden])");
      const other = newUser();
      await page.fill("#user", other);
      await page.click("#join button");
      await waitForQuantity(page, "IBM", "100");
      assert.equal(await page.textContent("#owner"), other);
      assert.equal(await page.isVisible("#empty"), false);
    } finally {
      await page.close();
    }
  });
});
