// SPDX-License-Identifier: Apache-2.0
// Every character that some layer treats specially arrives as the adapter sent it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { Client, kTransports } from './lib/client.mjs';
import { adapterSet, Server } from './lib/server.mjs';

const kAwkward = {
  pipe: 'a|b||c|',
  comma: ',a,,b,',
  percent: '100%25%%2C%zz',
  plus: 'a+b c',
  hash: '#',
  dollar: '$',
  caret: '^',
  hashes: '#$^ in front',
  dollars: '$#^1',
  carets: '^5 and ^P[] and ^T',
  digitsAfterCaret: '^12',
  newline: 'two\r\nlines\nand\rmore',
  emoji: 'penstock \u{1F30A} ünï ☃ 日本',
  empty: '',
  nothing: null,
  backslash: '\\ \\n \\u0041',
  quotes: '"double" \'single\'',
  blank: ' ',
  tabs: '\tin\tbetween\t',
  control: '\u0001\u001f\u007f',
  amp: 'a=b&c=d;e',
  long: 'x|,%€'.repeat(2000),
  separators: '\u2028\u2029\u0085\ufeff',
};

let server;
let adapter;

before(async () => {
  const set = await adapterSet();
  server = await Server.start({ adapter_set: [set] });
  adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { value: 'first' } } });
});
after(async () => {
  adapter?.kill();
  await server?.stop();
});

for (const transport of kTransports.slice(0, 4)) {
  test(`${transport}: awkward values in updates`, async () => {
    const item = `updates-${transport}`;
    const client = await Client.connected(server.url, { transport });
    const record = await client.subscribe([item], ['value', 'other']).active();
    await record.shows(item, { value: 'first' });
    for (const [name, value] of Object.entries(kAwkward)) {
      adapter.update(item, { value, other: name });
      await record.shows(item, { value, other: name });
    }
    client.disconnect();
    assert.deepEqual(client.errors, []);
  });

  test(`${transport}: awkward values in a snapshot, all at once`, async () => {
    const item = `snapshot-${transport}`;
    adapter.snapshots.set(item, kAwkward);
    const client = await Client.connected(server.url, { transport });
    const record = await client.subscribe([item], Object.keys(kAwkward)).active();
    await record.shows(item, kAwkward);
    client.disconnect();
    assert.deepEqual(client.errors, []);
  });
}

test('values that turn from null to empty and back are told apart', async () => {
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['turns'], ['value', 'other']).active();
  await record.shows('turns', { value: 'first' });
  for (const value of [null, '', null, 'null', '', '#', '$']) {
    adapter.update('turns', { value });
    await record.shows('turns', { value });
  }
  client.disconnect();
});

test('names of items and fields may be awkward too', async () => {
  const item = 'it|em,50%+ü';
  adapter.snapshots.set(item, { 'fi|eld,%+é': 'right' });
  const client = await Client.connected(server.url);
  const record = await client.subscribe([item], ['fi|eld,%+é']).active();
  await record.shows(item, { 'fi|eld,%+é': 'right' });
  client.disconnect();
});

test('runs of unchanged fields are skipped and counted right', async () => {
  const fields = Array.from({ length: 60 }, (_, i) => `f${i}`);
  adapter.snapshots.set('wide', Object.fromEntries(fields.map((field) => [field, `${field}=0`])));
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['wide'], fields).active();
  await record.shows('wide', { f0: 'f0=0', f59: 'f59=0' });
  for (const changed of [['f0'], ['f59'], ['f30'], ['f0', 'f59'], ['f1', 'f2', 'f40'], []]) {
    const before = { ...record.last('wide') };
    const update = Object.fromEntries(changed.map((field) => [field, `${field}=${Math.random()}`]));
    adapter.update('wide', update);
    await record.shows('wide', { ...before, ...update });
  }
  client.disconnect();
});
