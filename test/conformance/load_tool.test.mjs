// SPDX-License-Identifier: Apache-2.0
// The load generator against the server: what it reports is what happened.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { Authority, files } from './lib/certs.mjs';
import { load as runTool } from './lib/load_tool.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, scratchDir, Server } from './lib/server.mjs';

const kRate = 40;
const authority = new Authority();

let server;
let feedPort;
let tlsPort;

before(async () => {
  const set = await adapterSet({ data: [{ name: 'DEFAULT' }, { name: 'OTHER' }] });
  feedPort = set.data_adapter[0].request_reply_port;
  tlsPort = await freePort();
  const listener = [{}, { name: 'tls', port: tlsPort, tls: { certificates: [files(authority.sign('server'))], handshake_timeout_millis: 30000 } }]; // twenty at once
  server = await Server.start({ adapter_set: [set], listener, session: { content_length_min_bytes: 1000, content_length_bytes: 6000 } });
});
after(() => server?.stop());

const load = (...args) => runTool(args);

const short = ['--warmup', 0.5, '--seconds', 2, '--sessions', 20, '--items', 5, '--json', '-'];
const unfiltered = ['--frequency', 'unfiltered'];
const fed = () => ['--feed', feedPort, '--rate', kRate, '--server-pid', server.pid];

function checkAllDelivered(result) {
  const { json } = result;
  assert.equal(result.code, 0, `${result.stderr}\n${JSON.stringify(json?.errors)}`);
  assert.equal(json.ready, 20);
  assert.deepEqual(json.errors, {});
  assert.ok(Math.abs(json.published - 2 * kRate) <= kRate / 2, `${json.published} published`);
  assert.ok(json.delivered_share > 0.99 && json.delivered_share < 1.01, `${json.delivered_share} delivered, ${json.lost} lost, ${json.rebinds} rebinds`);
  assert.ok(json.latency_ms.count >= 20 * json.published * 0.99);
  const { p50, p90, p99, max } = json.latency_ms;
  assert.ok(0 < p50 && p50 <= p90 && p90 <= p99 && p99 <= max, JSON.stringify(json.latency_ms));
  assert.equal(json.stale, 0);
  assert.ok(json.server_cpu > 0 && json.server_bytes > 1e6 && json.server_bytes_at_start > 1e6);
}

describe('every update arrives once and is counted', () => {
  for (const [name, url] of [
    ['over WebSocket', () => `ws://127.0.0.1:${server.port}`],
    ['over WebSocket and TLS', () => `wss://localhost:${tlsPort}`],
  ]) {
    test(name, async () => checkAllDelivered(await load('--url', url(), '--ca', authority.file, ...fed(), ...unfiltered, ...short)));
  }
  test('over HTTP streaming, whose responses end again and again', async () => {
    const result = await load('--url', `http://127.0.0.1:${server.port}`, ...fed(), ...unfiltered, ...short);
    checkAllDelivered(result);
    assert.ok(result.json.rebinds > 0);
  });
});

test('an update reaches only the sessions that have its item', async () => {
  const { json, code } = await load('--url', `ws://127.0.0.1:${server.port}`, ...fed(), ...unfiltered, ...short, '--items-each', 1);
  assert.equal(code, 0);
  assert.ok(Math.abs(json.deliveries - (json.published * 20) / 5) <= 20, `${json.deliveries} of ${json.published}`);
  assert.ok(json.delivered_share > 0.95 && json.delivered_share < 1.05);
});

test('an item of a session that gets nothing for a second is counted', async () => {
  const { json, code } = await load('--url', `ws://127.0.0.1:${server.port}`, '--feed', feedPort, '--rate', 1, ...short);
  assert.equal(code, 0);
  assert.ok(json.stale >= 20 * 3 && json.stale <= 20 * 5, `${json.stale} stale`);
});

test('what the server merges is not delivered', async () => {
  const { json } = await load('--url', `ws://127.0.0.1:${server.port}`, ...fed(), ...short, '--frequency', 1);
  assert.ok(json.deliveries <= 3 * 5 * 20, `${json.deliveries} deliveries`);
  assert.ok(json.deliveries >= 1 * 5 * 20, `${json.deliveries} deliveries`);
});

test('a session that stops reading gets nothing more', async () => {
  const { json } = await load('--url', `ws://127.0.0.1:${server.port}`, ...fed(), ...unfiltered, ...short, '--slow', 10);
  assert.equal(json.ready, 20);
  assert.ok(Math.abs(json.delivered_share - 0.5) < 0.05, `${json.delivered_share} delivered`);
});

test('sessions without a subscription, and how many a second', async () => {
  const { json, code } = await load('--url', `ws://127.0.0.1:${server.port}`, '--sessions', 100, '--open-rate', 100, '--items', 0, '--warmup', 0, '--seconds', 0.2, '--json', '-');
  assert.equal(code, 0);
  assert.equal(json.ready, 100);
  assert.ok(json.opened_per_second > 60 && json.opened_per_second <= 105, `${json.opened_per_second} a second`);
});

test('the report, the progress and the picture', async () => {
  const dir = scratchDir();
  const plot = path.join(dir, 'run.svg');
  const file = path.join(dir, 'run.json');
  const result = await load('--url', `ws://127.0.0.1:${server.port}`, ...fed(), ...short.slice(0, -2), '--json', file, '--plot', plot);
  assert.equal(result.code, 0);
  assert.match(result.stdout, /^sessions +20 of 20 ready/m);
  assert.match(result.stdout, /^deliveries +\d+ a second/m);
  assert.match(result.stdout, /^latency ms +p50 /m);
  assert.match(result.stdout, /^server +[\d.]+ % of a core/m);
  assert.match(result.stderr, /\d s {2}20 ready {2}\d+ deliveries\/s {2}p50 [\d.]+ ms/);
  assert.ok(JSON.parse(fs.readFileSync(file, 'utf8')).each_second.length >= 2);
  assert.match(fs.readFileSync(plot, 'utf8'), /^<svg [^]*<polyline [^]*<\/svg>\s*$/);
  fs.rmSync(dir, { recursive: true });
  const quiet = await load('--url', `ws://127.0.0.1:${server.port}`, ...short, '--items', 0, '--quiet');
  assert.equal(quiet.stderr, '');
});

describe('what goes wrong is told', () => {
  test('a set that is not there', async () => {
    const result = await load('--url', `ws://127.0.0.1:${server.port}`, ...short, '--set', 'NONE');
    assert.equal(result.code, 1);
    assert.match(result.stderr, /no session came about: CONERR,2,/);
  });
  test('an adapter that is not there: each session counts', async () => {
    const result = await load('--url', `ws://127.0.0.1:${server.port}`, ...short, '--adapter', 'NONE');
    assert.equal(result.code, 1);
    assert.match(result.stderr, /REQERR,1,17,/);
  });
  test('nobody listens', async () => {
    const result = await load('--url', `ws://127.0.0.1:${await freePort()}`, ...short);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /cannot connect: Connection refused/);
  });
  test('a certificate of nobody that is known', async () => {
    const result = await load('--url', `wss://localhost:${tlsPort}`, ...short);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /certificate/);
    assert.equal((await load('--url', `wss://localhost:${tlsPort}`, '--insecure', ...short, '--items', 0)).code, 0);
  });
  test('an option that is none, or has no sense', async () => {
    for (const [args, says] of [
      [['--sesions', 5], /there is no option --sesions/],
      [['--sessions', 'many'], /--sessions: "many" is no number/],
      [['--sessions', 0], /--sessions: "0" is too small/],
      [['--slow', 5, '--sessions', 2], /--slow: is more than --sessions/],
      [['--url', 'ftp://x'], /--url: "ftp:\/\/x" does not begin with/],
      [['--mode'], /--mode: its value is missing/],
      [['--mode', 'MERGED'], /--mode: is none of/],
    ]) {
      const result = await load(...args);
      assert.equal(result.code, 2);
      assert.match(result.stderr, says);
    }
    const help = await load('--help');
    assert.equal(help.code, 0);
    assert.match(help.stdout, /--plot FILE/);
  });
});
