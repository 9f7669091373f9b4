// SPDX-License-Identifier: Apache-2.0
// The example adapter of the round trip against the server: what a session sends comes back to it,
// and to nobody else.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Client } from '../lib/client.mjs';
import { CppAdapter } from '../lib/cpp_adapter.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { until } from '../lib/wait.mjs';

describe('the round trip', () => {
  let server;
  let adapter;

  before(async () => {
    const set = await adapterSet({ id: 'ROUNDTRIP', metadata: {}, data: ['ECHO'] });
    server = await Server.start({ adapter_set: [set] });
    adapter = await CppAdapter.pair('roundtrip', set);
  });
  after(async () => {
    await adapter?.stop();
    await server?.stop();
  });

  const listens = (client, item = 'echo') => client.subscribe([item], ['text'], { mode: 'RAW', adapter: 'ECHO' });

  test('what a session sends comes back to it, once, and to nobody else', async () => {
    const [one, other] = [await Client.connected(server.url, { set: 'ROUNDTRIP' }), await Client.connected(server.url, { set: 'ROUNDTRIP' })];
    const [mine, theirs] = [await listens(one).active(), await listens(other).active()];
    const numbers = Array.from({ length: 50 }, (_, i) => String(i));
    const sent = numbers.map((number) => one.send(number, 'numbers'));
    for (const message of sent) assert.equal(await message.outcome(), 'processed ');
    await mine.lists('echo', 'text', numbers);
    assert.deepEqual(theirs.updates, []);
    one.disconnect();
    other.disconnect();
  });

  test('the echo of another session cannot be had', async () => {
    const [one, other] = [await Client.connected(server.url, { set: 'ROUNDTRIP' }), await Client.connected(server.url, { set: 'ROUNDTRIP' })];
    assert.equal((await listens(one, `echo.${other.sessionId}`).failed()).code, 21);
    one.disconnect();
    other.disconnect();
  });

  test('messages that are too long, or that nobody hears, are refused', async () => {
    const one = await Client.connected(server.url, { set: 'ROUNDTRIP' });
    await until('a refusal', async () => (await one.send('1').outcome()) === 'error');
    await listens(one).active();
    assert.match(await one.send('x'.repeat(65)).outcome(), /^deny -1 At most 64 bytes/);
    assert.equal(await one.send('x'.repeat(64)).outcome(), 'processed ');
    one.disconnect();
  });
});
