// SPDX-License-Identifier: Apache-2.0
// A proxy such as some companies still have between a client and a server.
import net from 'node:net';

// Passes HTTP on, but answers each WebSocket upgrade with 400, or hangs up with `upgrades: "drop"`;
// with "pass" it is only a cable that a test can cut().
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
      open.add(client);
      client.on('close', () => open.delete(client));
    });
  });
  const open = new Set();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    seen,
    url: `http://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    cut: () => open.forEach((socket) => socket.destroy()),
    stop: () => {
      open.forEach((socket) => socket.destroy());
      server.close();
    },
  };
}
