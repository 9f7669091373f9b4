// SPDX-License-Identifier: Apache-2.0
// penstock --check-config: each mistake with its file and line, and what to do about it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, test } from 'node:test';

import { run, scratchDir } from './lib/server.mjs';

const dir = scratchDir();
after(() => fs.rmSync(dir, { recursive: true, force: true }));

let files = 0;
function check(text) {
  const file = path.join(dir, `c${++files}.toml`);
  fs.writeFileSync(file, text);
  const result = run('--check-config', '--config', file);
  return { ...result, file, said: result.stdout + result.stderr };
}

function refuses(text, line, ...words) {
  const { status, said, file } = check(text);
  assert.notEqual(status, 0, said);
  assert.ok(said.includes(`${file}:${line}`), `no ${path.basename(file)}:${line} in:\n${said}`);
  for (const word of words) assert.ok(said.includes(word), `no "${word}" in:\n${said}`);
}

test('--version', () => {
  const { status, stdout } = run('--version');
  assert.equal(status, 0);
  assert.match(stdout, /^penstock \d+\.\d+\.\d+/);
});

test('an empty file is right', () => {
  assert.equal(check('').status, 0);
});

test('the file of all defaults that is shipped is right', () => {
  const shipped = new URL('../../conf/penstock.toml', import.meta.url).pathname;
  const { status, stderr } = run('--check-config', '--config', shipped);
  assert.equal(status, 0, stderr);
});

test('no such file', () => {
  const { status, stderr } = run('--check-config', '--config', path.join(dir, 'nowhere.toml'));
  assert.notEqual(status, 0);
  assert.match(stderr, /nowhere\.toml/);
});

test('no TOML at all', () => refuses('[session\nx = 1\n', 1));
test('an unknown key, with the nearest one', () => refuses('[session]\n\nkeepalive_milis = 5\n', 3, 'keepalive_milis', 'keepalive_millis'));
test('an unknown table', () => refuses('\n[sesion]\n', 2, 'sesion'));
test('a value of the wrong kind', () => refuses('[[listener]]\nport = "8080"\n', 2, 'port'));
test('a value out of range', () => refuses('[[listener]]\nport = 70000\n', 2, '70000'));
test('two listeners on one port', () => refuses('[[listener]]\nname = "a"\nport = 8080\n[[listener]]\nname = "b"\nport = 8080\n', 6, '8080'));
test('a key of another table', () => refuses('[session]\nmax_sessions = 5\n', 2, 'limits'));
test('an address that is none', () => refuses('[[listener]]\naddress = "not an address"\n', 2));
test('what this version does not do yet, by name', () => refuses('[[listener]]\ntls = true\n', 2, 'TLS'));
test('credentials without auth', () => refuses('[[adapter_set]]\nid = "A"\n[[adapter_set.data_adapter]]\nname = "D"\ncredentials = [{ user = "u", password = "topsecret" }]\n', 5, 'auth'));

test('several mistakes are told at once', () => {
  const { said, file } = check('[session]\nfoo = 1\n[limits]\nbar = 2\n');
  assert.ok(said.includes(`${file}:2`) && said.includes(`${file}:4`), said);
});

test('a port in use: the server names it and ends', async () => {
  const blocker = net.createServer();
  await new Promise((resolve) => blocker.listen(0, '127.0.0.1', resolve));
  const { port } = blocker.address();
  const file = path.join(dir, 'taken.toml');
  fs.writeFileSync(file, `[[listener]]\nport = ${port}\n`);
  const { status, stdout, stderr } = run('--config', file);
  blocker.close();
  assert.notEqual(status, 0);
  assert.ok(status !== null, 'it ended by itself');
  assert.ok((stdout + stderr).includes(String(port)), stdout + stderr);
});

test('an adapters.xml: its proxies are read, the rest reported by name', () => {
  const xml = path.join(dir, 'adapters.xml');
  fs.writeFileSync(
    xml,
    `<?xml version="1.0"?>
<adapters_conf id="OLD">
  <metadata_provider>
    <adapter_class>ROBUST_PROXY_FOR_REMOTE_ADAPTER</adapter_class>
    <param name="request_reply_port">26663</param>
  </metadata_provider>
  <data_provider name="QUOTES">
    <adapter_class>PROXY_FOR_REMOTE_ADAPTER</adapter_class>
    <param name="request_reply_port">26661</param>
    <param name="notify_port">26662</param>
  </data_provider>
</adapters_conf>
`,
  );
  const { status, said } = check(`adapters_files = ["${xml}"]\n`);
  assert.equal(status, 0, said);
  assert.match(said, /OLD/);
  assert.match(said, /QUOTES/);
});
