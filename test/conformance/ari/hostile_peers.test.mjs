// SPDX-License-Identifier: Apache-2.0
// A17: remote adapters that send what no adapter sends. At the worst their connection ends: the
// server goes on, its sessions too, and the adapter may come back.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { DataAdapter, MetadataAdapter } from '../lib/ari.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { TlcpSocket } from '../lib/tlcp_ws.mjs';
import { randomNumbers } from '../lib/values.mjs';
import { pause, until } from '../lib/wait.mjs';

const kMiB = 1024 * 1024;
let server;
let set;
let witness;
let steady; // the adapter of the witness
let round = 0;

before(async () => {
  set = await adapterSet({ metadata: { connection_recovery_timeout_millis: 0 }, data: [{ name: 'STEADY' }, { name: 'ODD', connection_recovery_timeout_millis: 0 }] });
  server = await Server.start({ adapter_set: [set], log: { level: 'error' } });
  const policy = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  steady = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '1' } } });
  witness = await TlcpSocket.session(server.port);
  await witness.subscribe(1, 'witness', 'a', '&LS_data_adapter=STEADY');
  await witness.next('U,1,1');
  await witness.subscribe(2, 'odd', 'a', '&LS_data_adapter=ODD');
  policy.kill();
});
afterEach(async () => {
  steady.update('witness', { a: `round ${++round}` });
  await witness.next(`U,1,1,round ${round}`);
  assert.ok(server.running);
});
after(() => server?.stop());

const kPorts = { data: () => set.data_adapter[1].request_reply_port, metadata: () => set.metadata_adapter.request_reply_port };
const open = async (kind, options = {}) => {
  const Kind = kind === 'data' ? DataAdapter : MetadataAdapter;
  const adapter = await Kind.start(kPorts[kind](), options);
  if (kind === 'data') await adapter.subscribed('odd');
  return adapter;
};
// The connection has ended, or what is sent behind the oddity is understood.
async function survives(kind, adapter, what) {
  if (kind === 'data') {
    adapter.update('odd', { a: `after ${++round}` });
    await until(`an update behind ${what}, or the end`, () => adapter.closed || witness.find(`U,2,1,after ${round}`));
  } else {
    adapter.socket.write('1|RAC|S|SDK|S|late\r\n'); // only as the first packet; FAL not before 1.9.0
    await until(`a late RAC to be understood behind ${what}`, () => adapter.closed);
  }
  adapter.kill();
}

const kOdd = {
  'lines of bars': ['|', '||||||||', '|UD3|', 'x||S|', '|||UD3|S|odd'],
  'bad escapes': ['1|UD3|S|odd|S|ID|B|0|S|a|S|%', '1|UD3|S|odd|S|ID|B|0|S|%zz|S|1', '1|UD3|S|%0|S|ID|B|0', 'ID|SUB|EU|%', '1|EOS|S|odd|S|%4', 'x|NUS|EC|%|1|%%%'],
  'tokens of the wrong kind': ['1|UD3|S|odd|S|ID|B|2|S|a|S|1', '1|UD3|S|odd|S|ID|Q|0', '1|UD3|S|odd|S|ID|B|0|S|a', '1|UD3|S|odd|S|ID|B|0|S|a|D|1', '1|DFD|S|odd|S|ID|S|a|F|ZZZ', '1|EOS|S|odd', '1|CLS', 'x|NUS|D|NaN|B|1', 'x|NUS|D|1e999|B|1', 'x|NNS|I|99999999999999999999', 'x|GIT|I|1|D|0|M|XYZ'],
  'answers that nobody asked for': ['0|CLOSE|S|reason|S|x', '1|SUB|V', '1|USB|V', '1|NUS|D|0|B|1', '1|GIS|S|a', '64|FST|V', 'ID|SUB|V', 'ID|SUB|V', 'ID|USB|E|#'],
  'requests of the server': ['5|SUB|S|odd', '5|GIS|S|u|S|g|S|s', '5|DPI|S|ARI.version|S|1.9.1', '5|MPI|V', '5|NSC|S|x'],
  'a NUL, and bytes that are no UTF-8': ['1|UD3|S|odd|S|ID|B|0|S|a|S|\0', '\0\0\0', Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from('1|UD3|S|odd|S|ID|B|0|S|a|S|\xc3\x28', 'latin1'), Buffer.from('1|UD3|S|odd|S|ID|B|0|S|\xed\xa0\x80|S|1', 'latin1')],
  'control characters and very odd line ends': ['\x01\x02', '\r', '\r\r\r', '1|EOS|S|odd|S|ID\r\r', '\ufeff', '\ufeff1|EOS|S|odd|S|ID'],
  'methods that there are not': ['1|UD2|S|odd|S|ID', '1|ud3|S|odd|S|ID', '1|UD3X|S|odd|S|ID|B|0', '1|KEEPALIVE', 'KEEPALIVE|x', 'KEEPALIVEKEEPALIVE', '1|RAC|S|user|S|x'],
  'ten thousand fields': [`1|UD3|S|odd|S|ID|B|0${Array.from({ length: 10000 }, (_, i) => `|S|f${i}|S|v`).join('')}`],
};

for (const kind of ['data', 'metadata']) {
  for (const version of ['1.9.1', '1.8.3', '1.8.0']) {
    test(`A17: oddities of a ${kind} adapter that speaks ${version}`, async () => {
      for (const [what, lines] of Object.entries(kOdd)) {
        for (const line of lines) {
          const adapter = await open(kind, { version });
          const id = adapter.active?.get('odd') ?? '9';
          adapter.socket.write(typeof line === 'string' ? line.replaceAll('ID', id) : line);
          adapter.socket.write('\r\n');
          await survives(kind, adapter, `${what}: ${String(line).slice(0, 60)}`);
        }
      }
    });
  }

  test(`A17: oddities of a ${kind} adapter in place of its first packet, and of its answer to init`, async () => {
    for (const lines of Object.values(kOdd)) {
      for (const line of lines) {
        for (const when of ['first', 'init']) {
          const Kind = kind === 'data' ? DataAdapter : MetadataAdapter;
          const adapter = new Kind({ rac: null, answerInit: false });
          await adapter.connect(kPorts[kind]());
          if (when === 'init') await until('init', () => adapter.initParams || adapter.closed);
          adapter.socket.write(typeof line === 'string' ? line.replaceAll('ID', adapter.packets[0]?.id ?? '9') : line);
          adapter.socket.write('\r\n');
          await pause(2);
          adapter.kill();
        }
      }
    }
    (await open(kind)).kill();
  });

  test(`A17: a line of 20 MiB of a ${kind} adapter ends its connection`, async () => {
    for (const start of ['1|UD3|S|odd|S|ID|B|0|S|a|S|', '']) {
      const adapter = await open(kind);
      const rest = Buffer.alloc(kMiB, 'y');
      adapter.socket.write(start.replace('ID', adapter.active?.get('odd') ?? '1'));
      for (let i = 0; i < 20 && !adapter.closed; ++i) {
        adapter.socket.write(rest);
        await until('room', () => adapter.closed || adapter.socket.writableLength < kMiB);
      }
      await until('the end of the connection', () => adapter.closed);
    }
    (await open(kind)).kill();
  });

  test(`A17: thousands of lines of a ${kind} adapter with a few bytes changed`, async () => {
    const random = randomNumbers(17);
    const seeds = [...Object.values(kOdd).flat().filter((line) => typeof line === 'string' && line.length < 200), '1|UD3|S|odd|S|ID|B|1|S|last|S|12%7C5 %2B3%25|S|name|S|Café #1|S|x|S|%23', 'ID|SUB|EU|no such item', 'x|GIT|I|0|D|0.0|M|RMDC', 'x|NUS|EC|quota|-5|Too many %7C seats', '64|FST|S|S9|I|-3|S|go away', '65|FUS|S|S1|I|1'];
    const kAlphabet = Buffer.from('|%#$SBIDLMVE0123456789+ \0\xff\xc3', 'latin1');
    for (let connection = 0; connection < 12; ++connection) {
      const adapter = await open(kind, { version: ['1.9.1', '1.9.0', '1.8.3', '1.8.0'][connection % 4] });
      const id = adapter.active?.get('odd') ?? '9';
      for (let i = 0; i < 300 && !adapter.closed; ++i) {
        const line = Buffer.from(seeds[random(seeds.length)].replaceAll('ID', id));
        for (let changes = 1 + random(4); changes > 0 && line.length > 0; --changes) line[random(line.length)] = kAlphabet[random(kAlphabet.length)];
        adapter.socket.write(Buffer.concat([line, Buffer.from('\r\n')]));
      }
      await survives(kind, adapter, 'changed lines');
    }
  });
}
