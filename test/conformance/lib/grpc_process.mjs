// SPDX-License-Identifier: Apache-2.0
// A scripted adapter over gRPC in a process of its own, which a test can stop and measure.
//   metadata   answers as ever
//   flood      a Data Adapter that updates its first item as fast as the stream takes it
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { closeLater } from './cleanup.mjs';
import { DataAdapter, MetadataAdapter } from './grpc.mjs';
import { adapterAt, admission } from './server.mjs';
import { until } from './wait.mjs';

const kFile = fileURLToPath(import.meta.url);
const kEvents = 500; // of a batch
export const kBatchBytes = 64 * 1024; // about
const kSayMillis = 100;

// Resident memory of a process, in MiB.
export const memoryOf = (pid) => Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

export class GrpcProcess {
  #output = '';

  constructor(kind, port) {
    const { adapterSet, dataAdapter = '' } = adapterAt(port);
    this.child = spawn(process.execPath, [kFile, kind, String(port), adapterSet, dataAdapter], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child.stdout.setEncoding('utf8').on('data', (text) => (this.#output += text));
    closeLater(this, (one) => one.signal('SIGKILL'));
  }
  static async start(kind, port) {
    const isLetIn = admission(port);
    const adapter = new GrpcProcess(kind, port);
    await until(`the ${kind} adapter to be let in`, () => adapter.#output.includes('initialised') && isLetIn(), 60000);
    return adapter;
  }

  get pid() {
    return this.child.pid;
  }
  // Batches that the stream has taken so far.
  get sent() {
    return Number(/.*sent (\d+)\n/s.exec(this.#output)?.[1] ?? 0);
  }
  get memory() {
    return memoryOf(this.pid);
  }
  signal(name) {
    this.child.kill(name);
  }
}

async function flood(adapter) {
  await until('an item', () => adapter.active.size > 0, 2 ** 31);
  const [item] = adapter.active.keys();
  const batch = adapter.bytes(() => {
    for (let i = 0; i < kEvents; ++i) adapter.update(item, { text: 'x'.repeat(kBatchBytes / kEvents - 20), n: String(i) });
  });
  for (let sent = 0; !adapter.closed; ) {
    const flows = adapter.send(sent === 0 ? batch.first : batch.next);
    ++sent;
    process.sent = sent;
    if (flows) await setImmediate();
    else await new Promise((resolve) => adapter.call.once('drain', resolve));
  }
}

if (process.argv[1] === kFile) {
  const [kind, port, adapter_set, data_adapter] = process.argv.slice(2);
  const Kind = kind === 'metadata' ? MetadataAdapter : DataAdapter;
  const adapter = await new Kind({ hello: { adapter_set, data_adapter } }).connect(Number(port));
  await adapter.ready();
  process.stdout.write('initialised\n');
  if (kind === 'flood') {
    setInterval(() => process.stdout.write(`sent ${process.sent ?? 0}\n`), kSayMillis).unref();
    flood(adapter);
  }
  await until('the end', () => adapter.closed, 2 ** 31);
  process.exit(0);
}
