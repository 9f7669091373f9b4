// SPDX-License-Identifier: Apache-2.0
// docs/write-an-adapter.md, followed from a clean folder: the SDK is installed, the page's project is
// built against it and runs against the real server, a client is told what the page says.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';

import { Client } from '../lib/client.mjs';
import { freePort } from '../lib/ports.mjs';
import { connects } from '../lib/server.mjs';
import { until } from '../lib/wait.mjs';
import { kRoot, Page, server } from './page.mjs';

test('A16: the adapter of "Write an adapter", made with the SDK, serves a client of the real server', async () => {
  const page = new Page('write-an-adapter.md');
  const prefix = path.join(page.dir, 'prefix');
  const [port, data, metadata] = [await freePort(), await freePort(), await freePort()];
  page.stands('/usr/local', prefix).stands('8080', port).stands('6661', data).stands('6663', metadata);
  const [install, build, serve, adapt] = page.commands;
  // Into folders of its own in place of the source tree's.
  page.run(install.replace('cmake -B build', `cmake -S ${kRoot} -B sdk`).replaceAll(' build\n', ' sdk\n').replace('--install build', '--install sdk'));
  page.write();
  page.run(build.replace('cmake -B build', `cmake -B build -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_CXX_FLAGS='-Wall -Wextra -Werror'`));

  const running = [page.start(serve.replace('penstock', server())), page.start(adapt)];
  await until(() => `the server; ${running[0].output}`, () => connects(port), 20000);
  await until(() => `both adapters; ${running[1].output}`, () => running[1].output.match(/: ready/g)?.length === 2, 20000);
  const client = await Client.connected(`http://127.0.0.1:${port}`, { user: 'ann' });
  const record = await client.subscribe(['world'], ['greeting', 'time'], { adapter: 'CLOCKS' }).active();
  await record.shows('world', { greeting: 'Hello world' });
  assert.match(record.last('world').time, /^\d\d:\d\d:\d\d$/);
  await until('the next second', () => record.updates.length > 1 && record.last('world').time !== record.updates[0].values.time);
  client.disconnect();

  const nobody = new Client(`http://127.0.0.1:${port}`);
  nobody.connect();
  assert.equal((await nobody.failed()).code, 1);

  assert.equal(await running[1].end(), 0, running[1].output);
  assert.equal(await running[0].end(), 0, running[0].output);
});
