// SPDX-License-Identifier: Apache-2.0
// Listeners as sockets and as doors: IPv6, addresses that share a port, WebSocket on or off, headers.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { Client } from './lib/client.mjs';
import { createStream, fetchRaw, HttpConnection } from './lib/http.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

// `listener`: more than the plain one, each with a free port unless given.
async function start(listener, { shards = 2 } = {}) {
  const set = await adapterSet();
  const all = [{ name: 'plain', port: await freePort() }];
  for (const one of listener) all.push({ port: await freePort(), ...one });
  const server = await Server.start({ adapter_set: [set], server: { shards }, listener: all });
  const adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { n: '0' } } });
  const stop = async () => {
    adapter.kill();
    await server.stop();
  };
  return { ports: all.map((one) => one.port), server, stop };
}

const reachable = (port, host) =>
  new Promise((resolve) => {
    const socket = net.connect({ port, host });
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });

test('IPv6: a session over HTTP and over WebSocket, and its address', async () => {
  const { ports: [, port], server, stop } = await start([{ name: 'six', address: '::1' }]);
  const stream = await createStream(port, { host: '::1' });
  assert.equal(await stream.next('CLIENTIP'), 'CLIENTIP,::1');
  const socket = await TlcpSocket.session(port, { host: '[::1]' });
  assert.equal(await socket.next('CLIENTIP'), 'CLIENTIP,::1');
  assert.match(await socket.subscribe(1, 'x', 'n'), /^SUBOK,1,/);
  assert.equal(await reachable(port, '127.0.0.1'), false);
  await until('the session in the log', () => /session opened.*client=::1 /.test(server.log));
  assert.match(server.log, new RegExp(`listening.*address=::1 port=${port}`));
  await stop();
});

test('"::" takes IPv4 too, and shows it as IPv4; with ipv6_only it does not', async () => {
  const { ports: [, dual, six], stop } = await start([
    { name: 'dual', address: '::' },
    { name: 'six', address: '::', ipv6_only: true },
  ]);
  const stream = await createStream(dual);
  assert.equal(await stream.next('CLIENTIP'), 'CLIENTIP,127.0.0.1');
  const other = await createStream(dual, { host: '::1' });
  assert.equal(await other.next('CLIENTIP'), 'CLIENTIP,::1');
  assert.equal(await reachable(six, '::1'), true);
  assert.equal(await reachable(six, '127.0.0.1'), false);
  await stop();
});

test('one port on several addresses: each is the listener that its name says', async () => {
  const port = await freePort();
  const header = (value) => [{ name: 'X-Door', value }];
  const doors = [
    { name: 'one', address: '127.0.0.1', host: '127.0.0.1' },
    { name: 'two', address: '127.0.0.2', host: '127.0.0.2' },
    { name: 'three', address: '::', ipv6_only: true, host: '::1' },
  ];
  const { stop } = await start(doors.map(({ host, ...one }) => ({ ...one, port, response_headers: header(one.name) })));
  for (const { name, host } of doors) {
    for (let i = 0; i < 4; ++i) {
      const connection = await HttpConnection.open(port, { host });
      connection.request('GET', '/lightstreamer/healthcheck');
      assert.equal((await connection.response()).headers['x-door'], name);
      connection.destroy();
    }
  }
  await stop();
});

test('websocket = false: refused at once, and the official client goes on over HTTP', async () => {
  const { ports: [plain, port], stop } = await start([{ name: 'no ws', websocket: false }]);
  await assert.rejects(TlcpSocket.open(port), { status: 403 });
  (await TlcpSocket.open(plain)).terminate();
  const client = await Client.connected(`http://127.0.0.1:${port}`);
  await until('HTTP-STREAMING', () => client.status === 'CONNECTED:HTTP-STREAMING');
  const record = await client.subscribe(['x'], ['n']).active();
  await record.shows('x', { n: '0' });
  client.disconnect();
  await stop();
});

test('echoed headers are on the answers of their listener, over HTTP and on the handshake', async () => {
  const { ports: [plain, port], stop } = await start([{ name: 'echo', echoed_headers: ['X-Request-Id', 'cookie'], backlog: 16 }]);
  const headers = { 'x-request-id': 'a-1', Cookie: 'c=1', 'X-Other': 'o' };
  const seen = ({ headers: all }) => [all['x-request-id'], all.cookie, all['x-other']];
  assert.deepEqual(seen(await fetchRaw(port, 'GET', '/lightstreamer/healthcheck', { headers })), ['a-1', 'c=1', undefined]);
  assert.deepEqual(seen(await fetchRaw(port, 'GET', '/lightstreamer/healthcheck')), [undefined, undefined, undefined]);
  assert.deepEqual(seen(await fetchRaw(plain, 'GET', '/lightstreamer/healthcheck', { headers })), [undefined, undefined, undefined]);
  const handshake = await HttpConnection.open(port);
  handshake.request('GET', '/lightstreamer', {
    headers: {
      ...headers, Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol': 'TLCP-2.5.0.lightstreamer.com',
    },
  });
  await until('the handshake', () => handshake.responses.length > 0);
  assert.equal(handshake.responses[0].status, 101);
  assert.deepEqual(seen(handshake.responses[0]), ['a-1', 'c=1', undefined]);
  handshake.destroy();
  await stop();
});

test('two listeners of one name, or of one address and port, are errors of the file', async () => {
  const port = await freePort();
  await assert.rejects(start([{ name: 'plain' }]), /there is a listener \\?"plain\\?" already/);
  await assert.rejects(start([{ name: 'a', address: '0.0.0.0', port }, { name: 'b', address: '::', port }]), /is taken by listener a/);
});
