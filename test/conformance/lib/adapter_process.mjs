// SPDX-License-Identifier: Apache-2.0
// A remote adapter as a process of its own, which a test may kill or stop as it likes.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { DataAdapter } from './adapters.mjs';
import { closeLater } from './cleanup.mjs';
import { adapterAt, admission, kOverGrpc } from './server.mjs';
import { kPatience, until } from './wait.mjs';

const kFile = fileURLToPath(import.meta.url);
const kKeepaliveMillis = 200;

// A Data Adapter whose every item has the value `tag`.
export class AdapterProcess {
  #output = '';
  ended = false;

  constructor(port, tag) {
    this.tag = tag;
    const { adapterSet, dataAdapter } = adapterAt(port);
    this.child = spawn(process.execPath, [kFile, String(port), tag, adapterSet, dataAdapter], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child.stdout.setEncoding('utf8').on('data', (text) => (this.#output += text));
    this.child.on('exit', () => (this.ended = true));
    closeLater(this, (one) => one.signal('SIGKILL'));
  }

  // Gives the process once the server has let it in.
  static async start(port, tag) {
    const isLetIn = admission(port);
    const one = new AdapterProcess(port, tag);
    await until(() => `adapter ${tag} to be let in; it said: ${one.#output}`, () => one.#output.includes('initialised\n') && isLetIn(), 2 * kPatience);
    return one;
  }

  // The items that the server has asked it for so far.
  get items() {
    return [...this.#output.matchAll(/^SUB (.*)$/gm)].map(([, item]) => item);
  }
  // The server has ended the connection, or the process has died.
  get lost() {
    return this.ended || this.#output.includes('closed\n');
  }
  signal(name) {
    if (!this.ended) this.child.kill(name);
  }
}

if (process.argv[1] === kFile) {
  const [port, tag, adapter_set, data_adapter] = process.argv.slice(2);
  const adapter = new DataAdapter({ snapshots: { '*': { value: tag } }, hello: { adapter_set, data_adapter } });
  const say = (text) => process.stdout.write(`${text}\n`);
  adapter.heard = (packet) => say(`${packet.method} ${adapter.strings(packet)[0]}`);
  await adapter.connect(Number(port));
  await adapter.ready();
  say('initialised');
  const beat = () => !kOverGrpc && adapter.socket.write('KEEPALIVE\r\n'); // HTTP/2 has pings of its own
  setInterval(beat, kKeepaliveMillis);
  await until('the end', () => adapter.closed, 2 ** 31);
  say('closed');
  process.exit(0);
}
