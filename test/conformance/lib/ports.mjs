// SPDX-License-Identifier: Apache-2.0
// Ports for a server that must be told its ports beforehand. Test files run side by side, so each
// process draws from a range of its own, below the ports that outgoing connections get.
import net from 'node:net';

const kFirst = 10000;
const kRange = 100;
const kRanges = 220;

let next = 0;

function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

export async function freePort() {
  for (let tries = 0; tries < 2 * kRange; ++tries) {
    const port = kFirst + (process.pid % kRanges) * kRange + (next++ % kRange);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port in the range of this process');
}
