// SPDX-License-Identifier: Apache-2.0
// The official client in a real browser, which asks for gzip by itself: with compressed streams every
// update still comes when it happens.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { DataAdapter } from '../lib/ari.mjs';
import { adapterSet, scratchDir, Server } from '../lib/server.mjs';
import { openBrowser } from './browser.mjs';

const kLibrary = fileURLToPath(new URL('../node_modules/lightstreamer-client-web/lightstreamer-core.min.js', import.meta.url));
const kPage = `<!doctype html><script src="lightstreamer-core.min.js" data-lightstreamer-ns="Ls"></script><script>
  window.seen = [];
  function go(transport) {
    const { LightstreamerClient, Subscription } = window.Ls;
    const client = new LightstreamerClient(location.origin, 'DEMO');
    client.connectionOptions.setForcedTransport(transport);
    const subscription = new Subscription('MERGE', ['ticks'], ['a']);
    subscription.setRequestedSnapshot('yes');
    subscription.addListener({ onItemUpdate: (update) => window.seen.push(update.getValue('a')) });
    client.subscribe(subscription);
    client.connect();
    window.client = client;
  }
</script>`;

let browser;
let server;
let adapter;
const dir = scratchDir();

before(async () => {
  fs.writeFileSync(path.join(dir, 'index.html'), kPage);
  fs.copyFileSync(kLibrary, path.join(dir, 'lightstreamer-core.min.js'));
  const set = await adapterSet();
  server = await Server.start({ adapter_set: [set], pages: { dir }, http: { compression: 'on' } });
  adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: 'first' } } });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  adapter?.kill();
  await server?.stop();
  fs.rmSync(dir, { recursive: true, force: true });
});

for (const transport of ['HTTP-STREAMING', 'HTTP-POLLING', 'WS-STREAMING']) {
  test(`updates over ${transport}`, async () => {
    const page = await browser.context.newPage();
    const encodings = []; // of create and bind
    page.on('response', (response) => {
      if (/(create|bind)_session/.test(response.url())) encodings.push(response.headers()['content-encoding']);
    });
    await page.goto(server.url);
    await page.evaluate((wanted) => window.go(wanted), transport);
    await page.waitForFunction(() => window.seen.length > 0, undefined, { timeout: 20000 });
    for (let i = 0; i < 20; ++i) {
      adapter.update('ticks', { a: `${transport} ${i}` });
      // Each before the next: nothing waits for company.
      await page.waitForFunction((value) => window.seen.includes(value), `${transport} ${i}`, { timeout: 20000, polling: 10 });
    }
    if (transport === 'HTTP-STREAMING') {
      assert.ok(encodings.includes('gzip'), encodings.join());
    }
    await page.close();
  });
}
