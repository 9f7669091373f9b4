// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// The chat in a real browser: two pages talk to each other, and nobody's text becomes markup.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { openBrowser, openPage, openPlaces, picture } from "./browser.mjs";

const kPath = "chat/index.html";

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

const open = (query) => openPage(browser.context, places.server, kPath, query);

async function say(page, text) {
  await page.fill("#text", text);
  await page.click("#say button");
}

/** Waits for a line; answers with the texts of its parts. */
async function waitForLine(page, text) {
  const handle = await page.waitForFunction((wanted) => {
    const line = [...document.querySelectorAll("#lines li")]
        .find((one) => one.querySelector("p").textContent === wanted);
    return line && { who: line.querySelector(".who").textContent, time: line.querySelector("time").textContent,
                     elements: line.querySelector("p").childElementCount };
  }, text, { timeout: 20000, polling: 50 });
  return handle.jsonValue();
}

describe("chat", () => {
  for (const transport of ["WS-STREAMING", "HTTP-STREAMING", "HTTP-POLLING"]) {
    it(`takes a line from one page to another over ${transport}`, { timeout: 60000 }, async () => {
      const { page: ann, errors } = await open({ user: "ann", transport });
      const { page: bob, errors: more } = await open({ user: "bob" });
      try {
        await bob.waitForSelector("#say:not([hidden])");
        const text = `hello from ${transport} at ${Date.now()}`;
        await say(ann, text);
        assert.equal((await waitForLine(bob, text)).who, "ann");
        const answer = `${text}, too`;
        await say(bob, answer);
        const line = await waitForLine(ann, answer);
        assert.equal(line.who, "bob");
        assert.match(line.time, /\d\d?:\d\d/);
        assert.deepEqual([...errors, ...more], []);
      } finally {
        await ann.close();
        await bob.close();
      }
    });
  }

  it("asks for a name, and shows who comes in what was said before", { timeout: 60000 }, async () => {
    const { page: ann } = await open({ user: "ann" });
    const { page: eve, errors } = await open({});
    try {
      const text = `before eve came, ${Date.now()}`;
      await say(ann, text);
      await waitForLine(ann, text);
      assert.equal(await eve.isVisible("#say"), false);
      await eve.fill("#user", "eve");
      await eve.click("#join button");
      await waitForLine(eve, text);
      await eve.waitForSelector("#say:not([hidden])");
      assert.equal(await eve.textContent("#me"), "eve");
      await picture(eve, "chat");
      assert.deepEqual(errors, []);
    } finally {
      await ann.close();
      await eve.close();
    }
  });

  it("shows markup as what it is: text", { timeout: 60000 }, async () => {
    const { page: ann } = await open({ user: "ann" });
    const { page: bob, errors } = await open({ user: "bob" });
    try {
      const text = `<img src=x onerror="window.hurt=1"><script>window.hurt=1</script> ${Date.now()}`;
      await say(ann, text);
      for (const page of [ann, bob]) {
        assert.equal((await waitForLine(page, text)).elements, 0);
        assert.equal(await page.evaluate(() => window.hurt), undefined);
      }
      assert.deepEqual(errors, []);
    } finally {
      await ann.close();
      await bob.close();
    }
  });

  it("tells who is refused why, and lets try again", { timeout: 60000 }, async () => {
    const { page } = await open({ user: "not a name" });
    try {
      await page.waitForSelector("#notice:not([hidden])");
      assert.match(await page.textContent("#notice"), /A name is 1 to 20 letters/);
      await page.fill("#user", "zoe");
      await page.click("#join button");
      await page.waitForSelector("#say:not([hidden])");
      await page.waitForSelector("#notice", { state: "hidden" });
      const text = `in at last, ${Date.now()}`;
      await say(page, text);
      assert.equal((await waitForLine(page, text)).who, "zoe");
    } finally {
      await page.close();
    }
  });
});
