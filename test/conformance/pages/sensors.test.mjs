// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The sensors in a real browser: values of an adapter in Python, live.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { look, openBrowser, openPage, openPlaces, picture, waitForChange } from "./browser.mjs";

const skip = process.env.PENSTOCK_SENSORS === "false" && "there is no gRPC for Python";
const kItems = ["disk", "files", "memory", "timer"].map((name) => `sensor.${name}`);

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

describe("sensors", { skip }, () => {
  it("shows what the adapter in Python reads, and goes on", { timeout: 60000 }, async () => {
    const { page, errors } = await openPage(browser.context, places.server, "sensors/index.html", {});
    try {
      for (const item of kItems) {
        assert.match(await waitForChange(page, item, "value", null), /^[\d,.]+( \w+)?$/);
      }
      const seen = await look(page);
      assert.deepEqual(Object.keys(seen).sort(), kItems);
      assert.match(seen["sensor.disk"].value.text, /GiB$/);
      assert.equal(seen["sensor.files"].name.text, "Open files of the machine");
      await waitForChange(page, "sensor.timer", "time", seen["sensor.timer"].time.text);
      await picture(page, "sensors");
      assert.deepEqual(errors, []);
    } finally {
      await page.close();
    }
  });
});
