// SPDX-License-Identifier: Apache-2.0
// Static pages: what is in the folder is served, nothing outside of it ever is.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { fetchRaw } from './lib/http.mjs';
import { scratchDir, Server } from './lib/server.mjs';

let server;
let dir;
const kSecret = 'nobody may read this';

before(async () => {
  dir = scratchDir();
  const pages = path.join(dir, 'pages');
  fs.mkdirSync(path.join(pages, 'sub'), { recursive: true });
  fs.mkdirSync(path.join(dir, 'pages-not'));
  fs.writeFileSync(path.join(pages, 'index.html'), '<h1>front</h1>');
  fs.writeFileSync(path.join(pages, 'sub', 'index.html'), '<h1>sub</h1>');
  fs.writeFileSync(path.join(pages, 'code.js'), 'let a;');
  fs.writeFileSync(path.join(pages, 'style.css'), 'a{}');
  fs.writeFileSync(path.join(pages, 'with space.txt'), 'spaced');
  fs.writeFileSync(path.join(pages, '.hidden'), kSecret);
  fs.writeFileSync(path.join(dir, 'secret.txt'), kSecret);
  fs.writeFileSync(path.join(dir, 'pages-not', 'secret.txt'), kSecret);
  fs.symlinkSync(path.join(dir, 'secret.txt'), path.join(pages, 'link.txt'));
  fs.symlinkSync(dir, path.join(pages, 'up'));
  server = await Server.start({ pages: { dir: pages } });
});
after(async () => {
  await server?.stop();
  fs.rmSync(dir, { recursive: true, force: true });
});

const get = (target, options) => fetchRaw(server.port, 'GET', target, options);

test('files with their types, folders by their index', async () => {
  for (const [target, type, body] of [
    ['/', /^text\/html/, '<h1>front</h1>'],
    ['/index.html?a=b', /^text\/html/, '<h1>front</h1>'],
    ['/sub/', /^text\/html/, '<h1>sub</h1>'],
    ['/code.js', /javascript/, 'let a;'],
    ['/style.css', /^text\/css/, 'a{}'],
    ['/with%20space.txt', /^text\/plain/, 'spaced'],
  ]) {
    const response = await get(target);
    assert.equal(response.status, 200, target);
    assert.match(response.headers['content-type'], type);
    assert.equal(response.body, body);
  }
});

test('HEAD has the length and no body; an unchanged file is 304', async () => {
  const head = await fetchRaw(server.port, 'HEAD', '/code.js');
  assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '6', '']);
  const { headers } = await get('/code.js');
  assert.ok(headers.etag);
  assert.equal((await get('/code.js', { headers: { 'If-None-Match': headers.etag } })).status, 304);
});

test('a file that changes on disk is served anew', async () => {
  fs.writeFileSync(path.join(dir, 'pages', 'changes.txt'), 'one');
  assert.equal((await get('/changes.txt')).body, 'one');
  fs.writeFileSync(path.join(dir, 'pages', 'changes.txt'), 'two!');
  assert.equal((await get('/changes.txt')).body, 'two!');
  fs.rmSync(path.join(dir, 'pages', 'changes.txt'));
  assert.equal((await get('/changes.txt')).status, 404);
});

test('no way out of the folder', async () => {
  for (const target of [
    '/../secret.txt', '/sub/../../secret.txt', '/%2e%2e/secret.txt', '/%2e%2e%2fsecret.txt', '/..%2fsecret.txt',
    '/.%2e/secret.txt', '/sub/..%5c..%5csecret.txt', '/..\\secret.txt', '//secret.txt', '/../pages-not/secret.txt',
    '/%252e%252e/secret.txt', '/..%c0%afsecret.txt', '/link.txt', '/up/secret.txt', '/.hidden', '/sub/../.hidden',
    '/index.html%00.txt', '/....//secret.txt', '/etc/passwd', '//etc/passwd', '/%2fetc%2fpasswd',
  ]) {
    const response = await get(target);
    assert.ok(response.status >= 400, `${target}: ${response.status}`);
    assert.ok(!response.body.includes(kSecret) && !response.body.includes('root:'), target);
  }
});

test('only GET and HEAD', async () => {
  for (const method of ['POST', 'PUT', 'DELETE']) {
    assert.equal((await fetchRaw(server.port, method, '/index.html', { body: 'x' })).status, 405);
  }
});
