// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

import { servePages } from "./page_server.mjs";

const kArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Containers have little of it, and a page that gets none stands still.
  "--disable-dev-shm-usage",
];

/** A browser with a profile of its own; `close` ends it and removes the profile. */
export async function openBrowser(...moreArguments) {
  const profile = mkdtempSync(join(tmpdir(), "penstock-pages-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.PENSTOCK_CHROMIUM || "/usr/bin/chromium",
    headless: true,
    args: [...kArguments, ...moreArguments],
    viewport: { width: 1180, height: 1000 },
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/**
 * Where the pages are, by environment:
 *   PENSTOCK_URL                 the server, which also serves the pages
 *   PENSTOCK_OTHER_ORIGIN_PAGES  another origin with the pages, or a folder of pages that this
 *                                process serves itself; without it, the folder of the sources
 */
export async function openPlaces() {
  const server = process.env.PENSTOCK_URL?.replace(/\/+$/, "");
  if (!server) {
    throw new Error("PENSTOCK_URL is not set: it names the server, as in http://127.0.0.1:8080");
  }
  const other = process.env.PENSTOCK_OTHER_ORIGIN_PAGES ||
      fileURLToPath(new URL("../../../sdk-examples/pages", import.meta.url));
  if (/^https?:/.test(other)) {
    return { server, other: other.replace(/\/+$/, ""), close: async () => {} };
  }
  const pages = await servePages(other);
  return { server, other: pages.origin, close: pages.close };
}

/** Opens a page; errors of its scripts, and what the console calls one, are collected in `errors`. */
export async function openPage(context, base, path, query) {
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") {
      errors.push(message.text());
    }
  });
  await page.goto(`${base}/${path}?${new URLSearchParams(query)}`);
  return { page, errors };
}

/** Everything that shows a value, in one look: item -> field -> {text, value}. */
export function look(page) {
  return page.evaluate(() => {
    const seen = {};
    for (const cell of document.querySelectorAll("[data-item][data-field]")) {
      const { item, field, value } = cell.dataset;
      seen[item] ??= {};
      seen[item][field] = { text: cell.textContent, value: value ?? null };
    }
    return seen;
  });
}

export async function waitForStatus(page, status) {
  await page.waitForFunction((wanted) => window.penstockPage?.status === wanted, status,
                             { timeout: 20000 });
}

/** Waits until a cell shows another text than `text`; answers with the new one. */
export async function waitForChange(page, item, field, text, timeout = 20000) {
  const handle = await page.waitForFunction(([wantedItem, wantedField, old]) => {
    const cell = document.querySelector(`[data-item="${wantedItem}"][data-field="${wantedField}"]`);
    const now = cell?.dataset.value === undefined ? null : cell.textContent;
    return now !== null && now !== old ? now : null;
  }, [item, field, text], { timeout, polling: 50 });
  return handle.jsonValue();
}

/** Keeps a picture when PENSTOCK_SCREENSHOTS names a folder. */
export async function picture(page, name) {
  const folder = process.env.PENSTOCK_SCREENSHOTS;
  if (folder) {
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }
}
