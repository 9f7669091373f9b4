// SPDX-License-Identifier: Apache-2.0
// Strangers at a port over gRPC: connections that are no adapter's are few, whatever they do, and what they may send is
// little; adapters come in and stay nevertheless.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http2 from 'node:http2';
import net from 'node:net';
import { test } from 'node:test';

import grpc from '@grpc/grpc-js';

import { closeLater } from './lib/cleanup.mjs';
import { DataAdapter } from './lib/grpc.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { never, until } from './lib/wait.mjs';

const kRoom = 128; // GrpcLobby::kRoom
const kShare = 64; // GrpcLobby::kShare
const kMostBytes = 1 << 20; // GrpcLobby::kMostBytes
const kBeyond = 6;

async function started(data = {}) {
  const set = await adapterSet({ overGrpc: true, data: [{ name: 'DEFAULT', ...data }] });
  const server = await Server.start({ adapter_set: [set] });
  return { server, port: set.data_adapter[0].request_reply_port };
}

// A connection by hand that has heard of the server; `is_over` once it has ended.
async function stranger(port, localAddress = '127.0.0.1') {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress });
  const session = closeLater(http2.connect(`http://127.0.0.1:${port}`, { createConnection: () => socket }), (one) => one.destroy());
  const one = { session, socket, is_over: false };
  session.on('error', () => {}).on('close', () => (one.is_over = true));
  await new Promise((resolve) => session.once('remoteSettings', resolve).once('close', resolve));
  return one;
}
async function strangers(port, count, localAddress) {
  const all = [];
  for (let i = 0; i < count; ++i) all.push(await stranger(port, localAddress));
  return all;
}
// A call by hand; what of it has been sent is up to the caller.
function call(one, path) {
  const stream = one.session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' });
  stream.on('error', () => {}).resume();
  return stream;
}
// A message with nothing but a Hello, and no token beside it.
function hello(adapterSet, dataAdapter) {
  const part = (number, bytes) => Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  const message = part(1, Buffer.concat([part(1, Buffer.from(adapterSet)), part(2, Buffer.from(dataAdapter))]));
  return Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);
}
const overOf = (all) => all.filter((one) => one.is_over).length;

test('an address has a share of the room, the oldest goes, and an adapter that was let in is none of them', async () => {
  const { server, port } = await started();
  const first = await DataAdapter.start(port);
  const all = await strangers(port, kShare + kBeyond);
  await until('the end of the oldest', () => overOf(all) === kBeyond);
  assert.equal(overOf(all.slice(0, kBeyond)), kBeyond);
  await never('one more that ends', () => overOf(all) > kBeyond || first.closed, 150);
  first.kill();
  const second = await DataAdapter.start(port);
  await never('its end', () => second.closed, 100);
  await server.stop();
  assert.ok(server.totals().connections_refused > kBeyond);
  assert.match(server.log, /"connection of a stranger over gRPC ended".*127\.0\.0\.1.*too many strangers of its address/);
});

test('there is room for so many, wherever they come from', async () => {
  const { server, port } = await started();
  const all = await strangers(port, kShare, '127.0.0.2');
  all.push(...(await strangers(port, kRoom - kShare, '127.0.0.3')));
  assert.equal(overOf(all), 0);
  all.push(...(await strangers(port, kBeyond, '127.0.0.4')));
  await until('the end of the oldest', () => overOf(all.slice(0, kBeyond)) === kBeyond);
  assert.equal(overOf(all), kBeyond);
  await server.stop();
  assert.equal(server.totals().connections_refused, kBeyond);
});

test('one that is gone takes no room', async () => {
  const { server, port } = await started();
  for (let i = 0; i < kShare + kBeyond; ++i) {
    const one = await stranger(port);
    one.session.close();
    await until('its end', () => one.is_over);
  }
  await server.stop();
  assert.equal(server.totals().connections_refused, 0);
});

test('a health Watch keeps nobody in the room', async () => {
  const { server, port } = await started();
  const all = [];
  let answers = 0;
  for (let i = 0; i < kShare + kBeyond; ++i) {
    const one = await stranger(port);
    all.push(one);
    const stream = call(one, '/grpc.health.v1.Health/Watch').on('data', () => ++answers);
    stream.end(Buffer.alloc(5)); // a request for the server as a whole
    await until('the answer', () => answers === i + 1);
  }
  await until('the end of the oldest', () => overOf(all.slice(0, kBeyond)) === kBeyond);
  assert.equal(overOf(all), kBeyond);
  await server.stop();
});

test('those that may not come in are strangers, whatever they say', async () => {
  const { server, port } = await started({ auth: true, tokens: ['right'] });
  const adapter = await DataAdapter.start(port, { token: 'right' });
  const one = await stranger(port);
  const stream = call(one, '/penstock.adapter.v1.AdapterService/Data');
  let trailers = null;
  stream.on('response', (headers) => (trailers ??= headers)).on('trailers', (headers) => (trailers = headers));
  stream.write(hello('DEMO', 'DEFAULT'));
  await until('the answer', () => trailers?.['grpc-status'] !== undefined);
  assert.equal(Number(trailers['grpc-status']), grpc.status.UNAUTHENTICATED);
  await strangers(port, kShare);
  await until('its end', () => one.is_over);
  assert.equal(adapter.closed, false);
  await server.stop();
});

for (const path of ['/penstock.adapter.v1.AdapterService/Data', '/grpc.health.v1.Health/Check']) {
  test(`what a stranger sends to ${path} is not taken in beyond a bound`, async () => {
    const { server, port } = await started();
    const adapter = await DataAdapter.start(port, { snapshots: { x: { f: '1' } } });
    const memory = () => Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${server.pid}/status`, 'latin1'))[1]) * 1024;
    const before = memory();
    const one = await stranger(port);
    const stream = call(one, path);
    const piece = Buffer.alloc(1 << 20);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(300 * piece.length, 1); // of a message
    stream.write(head);
    for (let sent = 0; sent < 300 && !one.is_over; ++sent) {
      await new Promise((resolve) => {
        stream.write(piece, resolve);
        one.session.once('close', resolve);
      });
    }
    await until('its end', () => one.is_over);
    assert.ok(memory() - before < 64 * kMostBytes, `${memory() - before} bytes more`);
    assert.equal(adapter.closed, false);
    await server.stop();
    assert.equal(server.totals().connections_refused, 1);
    assert.match(server.log, /sends more than it has to say/);
  });
}

test('an adapter may send as much as it likes', async () => {
  const { server, port } = await started();
  const adapter = await DataAdapter.start(port);
  const value = 'x'.repeat(256 * 1024);
  for (let i = 0; i < (4 * kMostBytes) / value.length; ++i) adapter.update('x', { f: value }, false, '1000000');
  await never('its end', () => adapter.closed, 300);
  await server.stop();
  assert.equal(server.totals().connections_refused, 0);
});
