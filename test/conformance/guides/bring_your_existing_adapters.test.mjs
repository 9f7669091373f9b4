// SPDX-License-Identifier: Apache-2.0
// docs/bring-your-existing-adapters.md: its adapters, made with the official SDK for Node, run with its
// adapters.xml from a clean folder; and what its table says of each parameter is what the server does.
//   PENSTOCK_WRITE_GUIDE=1 writes the last column of the table anew.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';

import { Authority } from '../lib/certs.mjs';
import { Client } from '../lib/client.mjs';
import { freePort } from '../lib/ports.mjs';
import { connects, run, scratchDir } from '../lib/server.mjs';
import { until } from '../lib/wait.mjs';
import { kRoot, Page, server } from './page.mjs';
import { kParameters } from './parameters.mjs';

const kPage = 'bring-your-existing-adapters.md';

test('A16: the adapters of "Bring your existing adapters", made with the Node SDK of npm, serve a client', async () => {
  const page = new Page(kPage);
  const ports = [await freePort(), await freePort(), await freePort(), await freePort()];
  ['8080', '8001', '8002', '8003'].forEach((port, i) => page.stands(port, ports[i]));
  page.write();
  fs.symlinkSync(path.join(kRoot, 'test/conformance/node_modules'), path.join(page.dir, 'node_modules'));
  const [check, serve, ...adapt] = page.commands.map((text) => text.replace(/^penstock/, server()));
  page.run(check);
  const running = [page.start(serve)];
  await until(() => `the server; ${running[0].output}`, () => connects(ports[0]), 20000);
  for (const commands of adapt) running.push(page.start(`bash -c '${commands.trim()}'`));

  const client = await until('a session', async () => {
    const one = new Client(`http://127.0.0.1:${ports[0]}`, { set: 'PROXY_NODE' });
    one.connect();
    await until('an answer', () => one.errors.length > 0 || one.status.startsWith('CONNECTED:WS'));
    return one.errors.length === 0 && one;
  }, 30000, 500);
  const record = await client.subscribe(['hello'], ['name', 'count']).active();
  await record.shows('hello', { name: 'hello' }, 20000);
  await until('it counts', () => Number(record.last('hello').count) > 3);
  client.disconnect();
  for (const one of running.slice(1)) await one.end();
  assert.equal(await running[0].end(), 0, running[0].output);
});

const dir = scratchDir();
const authority = new Authority();
authority.sign('server');
authority.pack('server', path.join(dir, 'server.p12'), 'secret');
authority.packTrust(path.join(dir, 'ca.p12'), 'secret');
after(() => fs.rmSync(dir, { recursive: true, force: true }));

// What the server makes of a parameter or element of one kind of adapter.
function outcome(kind, name, example, more = '') {
  const robust = '<adapter_class>ROBUST_PROXY_FOR_REMOTE_ADAPTER</adapter_class>';
  const port = (number) => (name === 'request_reply_port' ? '' : `<param name="request_reply_port">${number}</param>`);
  const given = /^<\w+>$/.test(name) ? `<${name.slice(1, -1)}>${example}</${name.slice(1, -1)}>` : `<param name="${name}">${example}</param>`;
  const inner = (of) => (of === kind ? given + more : '');
  const xml = `<adapters_conf id="DEMO">
${inner('set')}
<metadata_provider>${name === '<adapter_class>' && kind === 'metadata' ? '' : robust}${kind === 'metadata' ? port(6663) : '<param name="request_reply_port">6663</param>'}
${inner('metadata')}
</metadata_provider>
<data_provider name="Q">${name === '<adapter_class>' && kind === 'data' ? '' : robust}${kind === 'data' ? port(6661) : '<param name="request_reply_port">6661</param>'}
${inner('data')}
</data_provider></adapters_conf>
`;
  fs.writeFileSync(path.join(dir, 'adapters.xml'), xml);
  fs.writeFileSync(path.join(dir, 'penstock.toml'), 'adapters_files = ["adapters.xml"]\n');
  const { status, stdout, stderr } = run('--check-config', '--config', path.join(dir, 'penstock.toml'));
  const plain = name.replace(/[<>]/g, '');
  const said = `${stdout}\n${stderr}`.split('\n').find((line) => line.includes('adapters.xml') && line.includes(`${plain}: `));
  if (status !== 0) return 'refused';
  return said && /left out|not there yet|means nothing/.test(said) ? 'left out' : 'done';
}

test('the table of parameters in "Bring your existing adapters" says what the server does', () => {
  const file = path.join(kRoot, 'docs', kPage);
  const rows = kParameters.map(([name, kinds, example, more = '']) => {
    const outcomes = kinds.map((kind) => outcome(kind, name, example, more));
    const same = outcomes.every((one) => one === outcomes[0]);
    const here = same ? outcomes[0] : kinds.map((kind, i) => `${kind}: ${outcomes[i]}`).join(', ');
    const shown = /^<\w+>$/.test(example) || example.includes('<') ? '' : `\`${example}\``;
    return `| \`${name}\` | ${kinds.join(', ')} | ${shown} | ${here} |`;
  });
  const lines = fs.readFileSync(file, 'utf8').trimEnd().split('\n');
  const first = lines.indexOf('| parameter | of | example | here |') + 2;
  assert.ok(first > 1);
  if (process.env.PENSTOCK_WRITE_GUIDE) {
    fs.writeFileSync(file, `${[...lines.slice(0, first), ...rows].join('\n')}\n`);
  } else {
    assert.deepEqual(lines.slice(first), rows, 'PENSTOCK_WRITE_GUIDE=1 mends the page');
  }
});
