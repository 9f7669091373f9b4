// SPDX-License-Identifier: Apache-2.0
// Listeners behind a TCP proxy: the PROXY protocol tells who the client is.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/ari.mjs';
import { createStream, fetchRaw, HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { freePort } from './lib/ports.mjs';
import { behindProxy, proxyV1, proxyV2, v4Block } from './lib/proxy_header.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { totalsOf } from './lib/totals.mjs';
import { pause, until } from './lib/wait.mjs';

// A server whose listener `port` speaks PROXY, and `plain` does not; with a Metadata Adapter.
async function start({ listener = {}, shards = 1, server: more = {} } = {}) {
  const set = await adapterSet({ metadata: {} });
  const [port, plain] = [await freePort(), await freePort()];
  const server = await Server.start({
    adapter_set: [set],
    server: { shards, ...more },
    listener: [
      { name: 'plain', port: plain },
      { name: 'proxied', port, proxy_protocol: true, ...listener },
    ],
  });
  const metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  const data = await DataAdapter.start(set.data_adapter[0].request_reply_port);
  const stop = async () => {
    for (const adapter of [metadata, data]) adapter.kill();
    await server.stop();
    return totalsOf(server.log);
  };
  // What the Metadata Adapter was told of a session.
  const context = async (id) => {
    const told = metadata.strings(await metadata.seen('NNS', ([, session]) => session === id)).slice(2);
    return Object.fromEntries(Array.from({ length: told.length / 2 }, (_, i) => told.slice(2 * i, 2 * i + 2)));
  };
  return { server, port, plain, context, stop };
}

const v2 = proxyV2(v4Block(203, 0, 113, 9, 4242));

test('the client of a header is told its address, and so is the Metadata Adapter', async () => {
  const { port, context, stop, server } = await start();
  const headers = [
    [proxyV1('203.0.113.7', 51000), '203.0.113.7', '51000'],
    [proxyV1('2001:db8::7', 51001), '2001:db8::7', '51001'],
    [v2, '203.0.113.9', '4242'],
    [proxyV2(Buffer.concat([v4Block(203, 0, 113, 10, 4243), Buffer.from([4, 0, 3, 1, 2, 3])])), '203.0.113.10', '4243'],
  ];
  for (const [first, ip, remotePort] of headers) {
    const stream = await createStream(port, { first });
    assert.equal(await stream.next('CLIENTIP'), `CLIENTIP,${ip}`);
    const socket = await TlcpSocket.session(port, { more: behindProxy(first) });
    assert.equal(await socket.next('CLIENTIP'), `CLIENTIP,${ip}`);
    for (const one of [stream, socket]) {
      const { REMOTE_IP, REMOTE_PORT, LOCAL_SERVER } = await context(one.sessionId);
      assert.deepEqual({ REMOTE_IP, REMOTE_PORT, LOCAL_SERVER }, { REMOTE_IP: ip, REMOTE_PORT: remotePort, LOCAL_SERVER: 'proxied' });
    }
    stream.destroy();
    socket.terminate();
    await until('the session in the log', () => new RegExp(`session opened.*client=${ip} `).test(server.log));
    await until('the client in the log', () => new RegExp(`client of a proxy.*client=${ip}.*peer=127.0.0.1`).test(server.log));
  }
  assert.equal((await stop()).proxy_headers_refused, 0);
});

test('a header that names no client leaves the peer: LOCAL, UNKNOWN, UNIX', async () => {
  const { port, context, stop } = await start();
  const headers = [
    proxyV2(Buffer.alloc(0), { command: 0x20, family: 0 }),
    proxyV2(v4Block(203, 0, 113, 9, 1), { command: 0x20 }),
    proxyV2(Buffer.alloc(216), { family: 0x31 }),
    Buffer.from('PROXY UNKNOWN\r\n'),
  ];
  for (const first of headers) {
    const stream = await createStream(port, { first });
    assert.equal(await stream.next('CLIENTIP'), 'CLIENTIP,127.0.0.1');
    assert.equal((await context(stream.sessionId)).REMOTE_IP, '127.0.0.1');
    stream.destroy();
  }
  assert.equal((await stop()).proxy_headers_refused, 0);
});

test('a header may come in pieces, with the request behind it', async () => {
  const { port, stop } = await start();
  const connection = await HttpConnection.open(port, { first: v2.subarray(0, 5) });
  for (let at = 5; at < v2.length; ++at) {
    await pause(5);
    connection.socket.write(v2.subarray(at, at + 1));
  }
  connection.request('GET', '/lightstreamer/healthcheck');
  assert.equal((await connection.response()).body, 'OK\r\n');
  connection.destroy();
  await stop();
});

test('a bad or a missing header ends the connection; each is counted and logged with the peer', async () => {
  const { port, stop, server } = await start();
  const bad = [
    'GET /lightstreamer/healthcheck HTTP/1.1\r\nHost: x\r\n\r\n',
    'PROXY TCP4 203.0.113.7 10.0.0.1 99999 443\r\n',
    `PROXY UNKNOWN ${'x'.repeat(100)}\r\n`,
    proxyV2(v4Block(203, 0, 113, 9, 1).subarray(0, 8)),
    proxyV2(Buffer.alloc(12), { family: 0x12 }),
    '\x16\x03\x01\x00\x05',
  ];
  for (const first of bad) {
    const connection = await HttpConnection.open(port, { first });
    await connection.closes();
    assert.equal(connection.responses.length, 0);
  }
  assert.equal((await stop()).proxy_headers_refused, bad.length);
  assert.equal(server.log.match(/connection refused.*peer=127\.0\.0\.1.*listener=proxied/g).length, bad.length);
});

test('who says nothing is cut when its time is over, and not before; a port check is no error', async () => {
  const { port, stop } = await start({ listener: { proxy_protocol_timeout_millis: 400 } });
  const begun = performance.now();
  const silent = await HttpConnection.open(port);
  const slow = await HttpConnection.open(port, { first: 'PROXY TCP4 ' });
  await silent.closes();
  await slow.closes();
  const took = performance.now() - begun;
  assert.ok(took > 350 && took < 10000, `${took}`);
  const check = await HttpConnection.open(port);
  check.socket.end();
  await check.closes();
  assert.equal((await stop()).proxy_headers_refused, 2);
});

test('a listener without the protocol takes no header', async () => {
  const { plain, stop } = await start();
  const connection = await HttpConnection.open(plain, { first: proxyV1('203.0.113.7') });
  connection.request('GET', '/lightstreamer/healthcheck');
  assert.equal((await connection.response()).status, 400);
  assert.equal((await fetchRaw(plain, 'GET', '/lightstreamer/healthcheck')).body, 'OK\r\n');
  await stop();
});

test('the address survives the way to the shard of its session', async () => {
  const { port, stop } = await start({ shards: 4 });
  const stream = await createStream(port, { first: proxyV1('203.0.113.7'), params: '&LS_polling=true&LS_polling_millis=10000&LS_idle_millis=0' });
  await stream.response();
  // Each comes from an address of its own, so that the client is told of the change.
  for (let i = 1; i <= 20; ++i) {
    const ip = `203.0.113.${20 + i}`;
    const socket = await TlcpSocket.open(port, { more: behindProxy(proxyV1(ip)) });
    socket.send(`bind_session\r\nLS_session=${stream.sessionId}&LS_send_sync=false`);
    assert.equal(await socket.next('CLIENTIP'), `CLIENTIP,${ip}`);
    socket.terminate();
    await until('the end', () => socket.closed);
  }
  assert.ok((await stop()).handed_over > 0);
});

test('at a stop, who has not greeted yet is sent away', async () => {
  const { port, stop } = await start({ listener: { proxy_protocol_timeout_millis: 60000 }, server: { drain_timeout_seconds: 15 } });
  const silent = await HttpConnection.open(port);
  const late = await HttpConnection.open(port, { first: proxyV1('203.0.113.7') });
  late.post('create_session', `${kCid}&LS_adapter_set=NONE`);
  await late.response();
  const begun = performance.now();
  await stop();
  assert.ok(performance.now() - begun < 12000);
  await silent.closes();
});
