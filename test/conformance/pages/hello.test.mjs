// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The smallest example in a real browser: greets whom the form names, and its clock goes.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { openBrowser, openPage, openPlaces, picture, waitForChange } from "./browser.mjs";

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

describe("hello", () => {
  it("greets whom one likes, and tells the time", { timeout: 60000 }, async () => {
    const { page, errors } = await openPage(browser.context, places.server, "hello/index.html", {});
    try {
      assert.equal(await waitForChange(page, "world", "greeting", null), "Hello world");
      const time = await waitForChange(page, "world", "time", null);
      assert.notEqual(await waitForChange(page, "world", "time", time), time);
      await page.fill("#name", "ann");
      await page.click("#name-form button");
      assert.equal(await waitForChange(page, "ann", "greeting", null), "Hello ann");
      await picture(page, "hello");
      assert.deepEqual(errors, []);
    } finally {
      await page.close();
    }
  });
});
