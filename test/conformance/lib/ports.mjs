// SPDX-License-Identifier: Apache-2.0
// Ports for a server that must be told its ports beforehand. Test files run side by side, so each
// process draws from a range of its own, below the ports that outgoing connections get. Whoever
// listens on the first port of a range has it: servers share ports among their shards, so that two
// which were told the same one would both start, and each get some of the other's clients.
import net from 'node:net';

const kFirst = 10000;
const kRange = 100;
const kRanges = 220;

let range; // its first port, promised
let next = 0;

// The listening server, or null.
function listen(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

async function claimRange() {
  for (let i = 0; i < kRanges; ++i) {
    const port = kFirst + ((process.pid + i) % kRanges) * kRange;
    const claim = await listen(port);
    if (claim) {
      claim.unref();
      return port;
    }
  }
  throw new Error('no free range of ports');
}

export async function freePort() {
  const first = await (range ??= claimRange());
  for (let tries = 0; tries < 2 * kRange; ++tries) {
    const port = first + 1 + (next++ % (kRange - 1));
    const probe = await listen(port);
    if (probe) {
      await new Promise((resolve) => probe.close(resolve));
      return port;
    }
  }
  throw new Error('no free port in the range of this process');
}
