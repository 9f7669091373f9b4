// SPDX-License-Identifier: Apache-2.0
// Requests that come before their predecessors are answered.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';

import { closeLater } from './lib/cleanup.mjs';
import { scratchDir, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const connect = (port) => closeLater(net.connect(port, '127.0.0.1'), (one) => one.destroy());
// Freed memory would count as long as AddressSanitizer keeps it.
process.env.ASAN_OPTIONS = [process.env.ASAN_OPTIONS, 'quarantine_size_mb=1'].filter(Boolean).join(':');

const memoryOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

test('an upgrade behind a page that the client was slow to read', async () => {
  const dir = scratchDir();
  fs.writeFileSync(path.join(dir, 'big.js'), 'x'.repeat(12 * 1024 * 1024));
  const server = await Server.start({ pages: { dir }, http: { compression: 'off' } });
  const socket = connect(server.port);
  socket.pause();
  socket.write(
    'GET /big.js HTTP/1.1\r\nHost: x\r\n\r\n' +
      'GET /lightstreamer HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: TLCP-2.5.0.lightstreamer.com\r\n\r\n',
  );
  await new Promise((resolve) => setTimeout(resolve, 400));
  let tail = '';
  socket.on('data', (data) => (tail = (tail + data.toString('latin1')).slice(-2000)));
  socket.resume();
  await until('the upgrade', () => tail.includes('HTTP/1.1 101 '));
  socket.write(Buffer.concat([Buffer.from([0x81, 0x84, 0, 0, 0, 0]), Buffer.from('wsok')]));
  await until('WSOK', () => tail.includes('WSOK'));
  socket.destroy();
  await server.stop();
  fs.rmSync(dir, { recursive: true });
});

test('whoever sends on while each request waits for another shard is not kept in memory', async () => {
  const server = await Server.start({
    server: { shards: 2 },
    limits: { request_rate_per_session: 0, request_rate_per_address: 0 },
  });
  const one = (shard) => {
    const body = 'LS_reqId=1&LS_op=destroy';
    return `POST /lightstreamer/control.txt?LS_protocol=TLCP-2.5.0&LS_session=S${'0'.repeat(32)}T${shard} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };
  const block = Buffer.from((one(0) + one(1)).repeat(4000)); // over a megabyte
  const socket = connect(server.port);
  let answers = 0;
  socket.on('data', (data) => (answers += data.toString('latin1').split('REQERR').length - 1));
  const before = memoryOf(server.pid);
  let most = before;
  const end = Date.now() + 4000;
  while (Date.now() < end) {
    if (socket.writableLength < 16 * block.length) socket.write(block);
    await new Promise((resolve) => setTimeout(resolve, 5));
    most = Math.max(most, memoryOf(server.pid));
  }
  assert.ok(answers > 100, `${answers} answers`);
  assert.ok(most - before < 40, `grew by ${Math.round(most - before)} MB`);
  socket.destroy();
  await server.stop();
});
