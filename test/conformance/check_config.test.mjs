// SPDX-License-Identifier: Apache-2.0
// penstock --check-config: each mistake with its file and line, and what to do about it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, test } from 'node:test';

import { Authority } from './lib/certs.mjs';
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
test('what this version does not do yet, by name', () => refuses('[session]\nforwarded_for_depth = 1\n', 2, 'skip_local_forwards'));
test('credentials without auth', () => refuses('[[adapter_set]]\nid = "A"\n[[adapter_set.data_adapter]]\nname = "D"\ncredentials = [{ user = "u", password = "topsecret" }]\n', 5, 'auth'));

function tlsOf(certificates, more = '') {
  return `[[listener]]\n[listener.tls]\ncertificates = [\n${certificates.map((one) => `{ certificate_file = "${one.certificate_file}", key_file = "${one.key_file}" },\n`).join('')}]\n${more}`;
}

test('TLS: files that are not there, that do not match, that are none, by line', () => {
  const authority = new Authority();
  const [a, b] = [authority.sign('a'), authority.sign('b')];
  const mixed = { certificate_file: a.certificate_file, key_file: b.key_file };
  const absent = { certificate_file: `${authority.dir}/absent.pem`, key_file: a.key_file };
  assert.equal(check(tlsOf([a, b])).status, 0);
  refuses(tlsOf([a, mixed]), 5, 'listener.tls.certificates', 'does not belong to the certificate', 'b.key');
  refuses(tlsOf([absent]), 4, 'absent.pem', 'No such file');
  refuses(tlsOf([{ certificate_file: a.key_file, key_file: a.key_file }]), 4, 'holds no certificate in PEM');
  refuses(tlsOf([a], 'ciphers = "NONSENSE"\n'), 6, 'listener.tls.ciphers', 'NONSENSE');
  refuses(tlsOf([a], 'cipher_suites = "TLS_NONSENSE"\n'), 6, 'listener.tls.cipher_suites', 'TLS_NONSENSE');
  refuses(tlsOf([a], `client_certificates = "required"\nclient_ca_file = "${authority.dir}/none.pem"\n`), 7, 'none.pem');
  const { said } = check(tlsOf([absent, mixed]));
  assert.match(said, /:4: [^]*:5: /, 'all at once');
  authority.remove();
});

test('TLS: an expired certificate is noted, with its day', () => {
  const authority = new Authority();
  const { status, stderr, file } = check(tlsOf([authority.sign('old', { days: -1 })]));
  assert.equal(status, 0);
  assert.match(stderr, /note: .*:4: .*has expired on \d{4}-\d\d-\d\d/);
  assert.ok(stderr.includes(file));
  authority.remove();
});

test('TLS: the certificates of tools/make-certs are right', () => {
  const made = path.join(dir, 'certs');
  const tool = new URL('../../tools/make-certs', import.meta.url).pathname;
  const { status, stderr } = spawnSync(tool, [made, 'a.test'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const files = { certificate_file: `${made}/server.pem`, key_file: `${made}/server.key` };
  const checked = check(tlsOf([files], `client_certificates = "required"\nclient_ca_file = "${made}/ca.pem"\n`));
  assert.equal(checked.status, 0, checked.said);
  assert.ok(!checked.said.includes('note:'), checked.said);
});

test('TLS: a server whose certificate is no good names it and ends', () => {
  const authority = new Authority();
  const { certificate_file } = authority.sign('a');
  const key_file = authority.sign('b').key_file;
  const file = path.join(dir, 'start.toml');
  fs.writeFileSync(file, tlsOf([{ certificate_file, key_file }]));
  const { status, stderr } = run('--config', file);
  assert.equal(status, 1);
  assert.match(stderr, /start\.toml:4: listener\.tls\.certificates: .*does not belong/);
  authority.remove();
});

test('TLS: a server tells all that keeps it from starting, however much it is', () => {
  const file = path.join(dir, 'start_long.toml');
  const certificates = Array.from({ length: 15 }, (_, i) => ({ certificate_file: `/nowhere/${'x'.repeat(100)}/${i}.pem`, key_file: '/nowhere/key' }));
  fs.writeFileSync(file, tlsOf(certificates));
  const { status, stderr } = run('--config', file);
  assert.equal(status, 1);
  for (const { certificate_file } of certificates) assert.ok(stderr.includes(certificate_file), `no ${certificate_file} in:\n${stderr}`);
});

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
