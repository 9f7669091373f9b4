// SPDX-License-Identifier: Apache-2.0
// The same as adapter_feed.cc, with the official Node.js kit. The kit's queue has no bound, so this
// one looks at the socket's.
import { createRequire } from 'node:module';
import net from 'node:net';

const port = Number(process.argv[2].split(':').at(-1)); // of tcp://127.0.0.1:port
const [items, seconds, notifyPort] = process.argv.slice(3).map(Number);
const require = createRequire(new URL('../../conformance/package.json', import.meta.url));
const { DataProvider } = require('lightstreamer-adapter');

const kFields = 10;
const kValueBytes = 10;
const kUpdatesPerLook = 256;
const kMostQueued = 4 << 20;

const requests = net.connect({ port, host: '127.0.0.1' });
const socket = net.connect({ port: notifyPort, host: '127.0.0.1' });
const provider = new DataProvider(requests, socket, () => false);
const names = [];
provider.on('init', (_, response) => response.success());
provider.on('subscribe', (item, response) => {
  response.success();
  if (names.push(item) === items) publish();
});
provider.on('unsubscribe', (_, response) => response.success());

const digits = (n) => String(n % 10 ** kValueBytes).padStart(kValueBytes, '0');

function publish() {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + seconds * 1000;
  let updates = 0;
  const report = () => {
    const { user, system } = process.cpuUsage(cpu);
    const took = (performance.now() - start) / 1000;
    console.log(JSON.stringify({ updates, seconds: took, cpu: (user + system) / 1e6 }));
    socket.end(() => process.exit(0));
  };
  const round = () => {
    while (socket.writableLength < kMostQueued) {
      if (performance.now() >= end) return report();
      for (let i = 0; i < kUpdatesPerLook; ++i, ++updates) {
        const data = {};
        for (let f = 0; f < kFields; ++f) data[`field${f}`] = digits(updates * (f + 1));
        provider.update(names[updates % items], false, data);
      }
    }
    setImmediate(round);
  };
  round();
}
