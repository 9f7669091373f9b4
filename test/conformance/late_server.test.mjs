// SPDX-License-Identifier: Apache-2.0
// A server that is behind, as when all clients come back at once: what they have sent in time is not late, however
// long it had to wait. More of them than a shard hears in a turn.
import assert from 'node:assert/strict';
import net from 'node:net';
import tls from 'node:tls';
import { test } from 'node:test';

import { selfSigned } from './lib/certificate.mjs';
import { closeLater } from './lib/cleanup.mjs';
import { Server } from './lib/server.mjs';
import { pause, until } from './lib/wait.mjs';

const kClients = 600;
const kTimeMillis = 1500;

// What a client says first when it shakes hands.
async function clientHello() {
  const listener = closeLater(net.createServer(), (one) => one.close());
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const said = new Promise((resolve) => listener.once('connection', (socket) => socket.once('data', (data) => (socket.destroy(), resolve(data)))));
  const client = tls.connect({ port: listener.address().port, host: '127.0.0.1' });
  client.on('error', () => {});
  return said;
}

// All connect, and speak while the server stands still; how many are answered, and how many are cut.
async function speakToNobody(server, words) {
  const clients = [];
  for (let i = 0; i < kClients; ++i) {
    const client = { socket: closeLater(net.connect(server.port, '127.0.0.1'), (one) => one.destroy()), answered: false, cut: false };
    client.socket.once('data', () => ((client.answered = true), client.socket.destroy()));
    client.socket.on('error', () => {}).on('close', () => (client.cut = !client.answered));
    clients.push(client);
    await new Promise((resolve) => client.socket.once('connect', resolve));
  }
  await pause(300); // for the server to have taken them in
  server.signal('SIGSTOP');
  for (const { socket } of clients) socket.write(words);
  await pause(kTimeMillis + 500);
  server.signal('SIGCONT');
  const count = (key) => clients.filter((one) => one[key]).length;
  await until(() => `${count('answered')} answered, ${count('cut')} cut`, () => count('answered') + count('cut') === kClients, 60000);
  return { answered: count('answered'), cut: count('cut') };
}

test('what they request', async () => {
  const server = await Server.start({ server: { shards: 1 }, limits: { read_timeout_millis: kTimeMillis } });
  const { answered } = await speakToNobody(server, 'GET /lightstreamer/healthcheck HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.equal(answered, kClients);
  await server.stop();
});

test('with what they begin to shake hands', async () => {
  const { cert, key } = selfSigned();
  const server = await Server.start({
    server: { shards: 1 },
    listener: [{ tls: { certificates: [{ certificate_file: cert, key_file: key }], handshake_timeout_millis: kTimeMillis } }],
  });
  const { answered } = await speakToNobody(server, await clientHello());
  assert.equal(answered, kClients);
  await server.stop();
});
