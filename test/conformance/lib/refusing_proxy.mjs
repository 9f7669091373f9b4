// SPDX-License-Identifier: Apache-2.0
// A proxy such as some companies still have between a client and a server.
import net from 'node:net';

import { closeLater } from './cleanup.mjs';

// Passes HTTP on, but answers each WebSocket upgrade with 400, or hangs up with `upgrades: "drop"`;
// with "pass" it is only a cable that a test can cut(), or stall() so that what the server sends is
// not read until resume().
export async function startProxy(port, { upgrades = 'refuse' } = {}) {
  const seen = { upgrades: 0, requests: 0 };
  const server = net.createServer((client) => {
    client.on('error', () => {});
    client.once('data', (first) => {
      seen.requests++;
      if (upgrades !== 'pass' && /^upgrade:\s*websocket/im.test(first.toString('latin1'))) {
        seen.upgrades++;
        if (upgrades === 'refuse') client.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        else client.destroy();
        return;
      }
      const upstream = net.connect({ port, host: '127.0.0.1' });
      upstream.on('error', () => client.destroy());
      upstream.write(first);
      client.pipe(upstream).pipe(client);
      client.on('close', () => upstream.destroy());
      upstream.on('close', () => client.destroy());
      open.set(client, upstream);
      client.on('close', () => open.delete(client));
    });
  });
  const open = new Map(); // client -> upstream
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = {
    seen,
    url: `http://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    cut: () => open.forEach((upstream, client) => client.destroy()),
    stall: () => open.forEach((upstream, client) => upstream.unpipe(client).pause()),
    resume: () => open.forEach((upstream, client) => upstream.pipe(client)),
    stop: () => {
      open.forEach((upstream, client) => client.destroy());
      server.close();
    },
  };
  return closeLater(proxy, (one) => one.stop());
}
