// SPDX-License-Identifier: Apache-2.0
// docs/write-an-adapter.md, followed from a clean folder: the SDK is installed, the page's project is
// built against it and runs against the real server, a client is told what the page says.
import assert from 'node:assert/strict';
import fs from 'node:fs';
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
  const [port, data] = [await freePort(), await freePort()];
  page.stands('/usr/local', prefix).stands('8080', port).stands('6661', data);
  const [install, build, serve, adapt] = page.commands;
  // Into folders of its own in place of the source tree's.
  page.run(install.replace('cmake -B build', `cmake -S ${kRoot} -B sdk`).replaceAll(' build\n', ' sdk\n').replace('--install build', '--install sdk'));
  page.write();
  page.run(build.replace('cmake -B build', `cmake -B build -DCMAKE_PREFIX_PATH=${prefix} -DCMAKE_CXX_FLAGS='-Wall -Wextra -Werror'`));

  const running = [page.start(serve.replace('penstock', server())), page.start(adapt)];
  await until(() => `the server; ${running[0].output}`, () => connects(port), 20000);
  await until(() => `the adapter; ${running[1].output}`, () => running[1].output.includes(': ready'), 20000);
  const client = await Client.connected(`http://127.0.0.1:${port}`);
  const record = await client.subscribe(['world'], ['greeting', 'time'], { adapter: 'HELLO' }).active();
  await record.shows('world', { greeting: 'Hello world' });
  assert.match(record.last('world').time, /^\d\d:\d\d:\d\d$/);
  await until('the next second', () => record.updates.length > 1 && record.last('world').time !== record.updates[0].values.time);
  client.disconnect();

  assert.equal(await running[1].end(), 0, running[1].output);
  assert.equal(await running[0].end(), 0, running[0].output);
});

test('the program of "Write an adapter" is the example hello', () => {
  const example = fs.readFileSync(path.join(kRoot, 'sdk-examples/hello/main.cc'), 'utf8');
  const [licence, program] = [example.slice(0, example.indexOf('\n\n') + 2), new Page('write-an-adapter.md').blocks.find(({ file }) => file === 'main.cc').text];
  assert.equal(program, example.slice(licence.length));
});
