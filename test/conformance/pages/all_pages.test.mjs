// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What holds for every page: the index leads to it, it lives, it fits the screen of a phone, in
// light and in dark, it fetches nothing from elsewhere, and the console has no complaint.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { openBrowser, openPage, openPlaces, picture } from "./browser.mjs";

const kPhone = { width: 360, height: 640 };

// When a page has something to show: a text at a place.
const kLive = {
  chat: { place: "#lines p", query: { user: "phone" }, prepare: saySomethingLong },
  hello: { place: "#greeting", text: /^Hello world$/ },
  hostmonitor: { place: '[data-item="memory"][data-field="used"]', text: /iB$/ },
  portfolio: { place: '[data-item="stock.IBM"][data-field="value"]', text: /\d/ },
  roundtrip: { place: '[data-figure="p99"]', text: /\d/ },
  sensors: { place: '[data-item="sensor.disk"][data-field="value"]', text: /GiB$/, skip: process.env.PENSTOCK_SENSORS === "false" },
  stocklist: { place: '[data-item="index.SP500"][data-field="close"]', text: /\d/ },
};
const kFolder = fileURLToPath(new URL("../../../sdk-examples/pages", import.meta.url));
const kPages = readdirSync(kFolder, { withFileTypes: true })
    .filter((one) => one.isDirectory() && !["shared", "lib"].includes(one.name)).map((one) => one.name);

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

async function saySomethingLong(page) {
  await page.waitForSelector("#say:not([hidden])");
  await page.fill("#text", "w".repeat(120));
  await page.click("#say button");
}

/** By how many pixels the page, or one of its panels, is wider than its place. */
const overflowOf = (page) => page.evaluate(() => Math.max(
    ...[document.documentElement, ...document.querySelectorAll(".panel")].map((one) => one.scrollWidth - one.clientWidth)));
const groundOf = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

async function inBothColours(page, name) {
  const grounds = [];
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    grounds.push(await groundOf(page));
    await picture(page, `phone-${name}-${colorScheme}`);
  }
  assert.notEqual(grounds[0], grounds[1], "light and dark have the same ground");
}

describe("every page", () => {
  it("is on the index, which fits a phone", { timeout: 60000 }, async () => {
    const { page, errors } = await openPage(browser.context, places.server, "", {});
    try {
      const links = await page.$$eval("a.card", (cards) => cards.map((card) => card.getAttribute("href")));
      assert.deepEqual(links.sort(), kPages.map((name) => `${name}/index.html`).sort());
      await picture(page, "index");
      await page.setViewportSize(kPhone);
      assert.equal(await overflowOf(page), 0);
      await inBothColours(page, "index");
      assert.deepEqual(errors, []);
    } finally {
      await page.close();
    }
  });

  for (const name of kPages) {
    it(`lives and fits a phone: ${name}`, { timeout: 60000, skip: kLive[name].skip ?? false }, async () => {
      const { place, text = /./, query = {}, prepare } = kLive[name];
      const context = browser.context;
      const elsewhere = [];
      const { page, errors } = await openPage(context, places.server, `${name}/index.html`, query);
      try {
        page.on("request", (request) => {
          if (!/^(blob:|data:)/.test(request.url()) && new URL(request.url()).host !== new URL(places.server).host) {
            elsewhere.push(request.url());
          }
        });
        await page.setViewportSize(kPhone);
        await page.reload();
        await prepare?.(page);
        await page.waitForFunction(([wanted, pattern]) => {
          const texts = [...document.querySelectorAll(wanted)].map((one) => one.textContent);
          return texts.some((one) => new RegExp(pattern).test(one));
        }, [place, text.source], { timeout: 30000, polling: 50 });
        assert.equal(await overflowOf(page), 0);
        await inBothColours(page, name);
        await page.click("text=All examples");
        await page.waitForSelector(".cards");
        assert.deepEqual(elsewhere, []);
        assert.deepEqual(errors, []);
      } finally {
        await page.close();
      }
    });
  }
});
