// SPDX-License-Identifier: Apache-2.0
// Remote adapters of every version of the adapter protocol, over one connection and over two.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/ari.mjs';
import { Client } from './lib/client.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kValue = 'a|b,c%d+e # $ ü☃ \\';

async function withServer(options, body) {
  const set = await adapterSet(options);
  const server = await Server.start({ adapter_set: [set] });
  const adapters = [];
  try {
    await body({ set, server, port: set.data_adapter[0].request_reply_port, use: (one) => (adapters.push(one), one) });
  } finally {
    adapters.forEach((adapter) => adapter.kill());
    await server.stop();
  }
}

async function worksThrough(server, adapter) {
  const client = await Client.connected(server.url, { user: 'us er+ü' });
  const record = await client.subscribe(['it em', 'item|2'].map((item) => item.replace(' ', '_')), ['last', 'none']).active();
  await record.shows('it_em', { last: kValue, none: null });
  adapter.update('item|2', { last: '', none: kValue });
  await record.shows('item|2', { last: '', none: kValue });
  client.disconnect();
  await until('USB', () => adapter.count('USB it_em') === 1);
  assert.deepEqual(client.errors, []);
}

for (const version of ['1.9.1', '1.9.0', '1.8.3', '1.8.2', '1.8.0']) {
  for (const two of [false, true]) {
    test(`A4: ${version} over ${two ? 'two connections' : 'one connection'}`, () =>
      withServer({ metadata: {}, data: [{ name: 'DEFAULT', ...(two && { notify_port: true }) }] }, async ({ set, server, port, use }) => {
        const metadata = use(await MetadataAdapter.start(set.metadata_adapter.request_reply_port, { version }));
        const adapter = use(
          await DataAdapter.start(port, {
            version,
            notifyPort: set.data_adapter[0].notify_port,
            snapshots: { '*': { last: kValue, none: null } },
          }),
        );
        assert.equal(adapter.initParams['ARI.version'], '1.9.1');
        assert.equal(adapter.initParams['adapters_conf.id'], 'DEMO');
        assert.equal(adapter.initParams['data_provider.name'], 'DEFAULT');
        await worksThrough(server, adapter);

        const [user] = metadata.strings(await metadata.seen('NUS'));
        assert.equal(user, 'us er+ü');
        if (version < '1.9') {
          for (const packet of [...metadata.packets, ...adapter.packets]) assert.match(packet.line, /^[\x20-\x7e]*$/);
        }
        // The Data Adapter's name and the list of items stand in the table from 1.9.0 on.
        const table = (await metadata.seen('NNT')).tokens;
        assert.equal(table.includes('DEFAULT'), version >= '1.9');
        await metadata.seen('NTC');
        await metadata.seen('NSC');
      }));
  }
}

test('A3, A5: lines may end in LF, blank lines and keepalives may stand anywhere', () =>
  withServer({}, async ({ server, port, use }) => {
    const adapter = use(new DataAdapter({ eol: '\n', snapshots: { '*': { last: kValue, none: null } } }));
    await adapter.connect(port);
    adapter.socket.write('KEEPALIVE\n\n\r\nKEEPALIVE\r\n');
    await adapter.ready();
    adapter.socket.write('\n\nKEEPALIVE\n');
    await worksThrough(server, adapter);
  }));

test('A3: a byte order mark in front of the first line is skipped', () =>
  withServer({}, async ({ server, port, use }) => {
    const adapter = use(new DataAdapter({ rac: null, snapshots: { '*': { last: kValue, none: null } } }));
    await adapter.connect(port);
    adapter.socket.write('\ufeffKEEPALIVE\r\n');
    await adapter.ready();
    await worksThrough(server, adapter);
  }));

test('A2: packets that arrive a byte at a time', () =>
  withServer({}, async ({ server, port, use }) => {
    const adapter = use(await DataAdapter.start(port));
    const whole = adapter.socket.write.bind(adapter.socket);
    adapter.socket.setNoDelay(true);
    adapter.socket.write = (text) => {
      for (const byte of Buffer.from(text)) whole(Buffer.from([byte]));
    };
    adapter.snapshots.set('*', { last: kValue, none: null });
    await worksThrough(server, adapter);
  }));

for (const version of ['1.8.1', '1.9.2', '2.0.0', 'nonsense']) {
  test(`A4: version ${version} is refused; an adapter that can do better is let in afterwards`, () =>
    withServer({}, async ({ server, port, use }) => {
      const wrong = use(await DataAdapter.start(port, { version, wait: false }));
      await until('the end of its connection', () => wrong.closed);
      const right = use(await DataAdapter.start(port, { snapshots: { '*': { last: kValue, none: null } } }));
      await worksThrough(server, right);
    }));
}

test('A6: an adapter must name credentials if the file asks for them', async () => {
  const auth = { auth: true, credentials: [{ user: 'feed', password: 'secret one' }] };
  await withServer({ data: [{ name: 'DEFAULT', ...auth }] }, async ({ server, port, use }) => {
    for (const rac of [{ user: 'feed', password: 'wrong' }, { user: 'feed' }, {}]) {
      const wrong = use(await DataAdapter.start(port, { rac, wait: false }));
      await until('CLOSE', () => wrong.all('CLOSE').length === 1);
      await until('the end of its connection', () => wrong.closed);
      assert.deepEqual(wrong.packets.map((packet) => packet.method), ['CLOSE']);
      assert.equal(wrong.packets[0].id, '0');
    }
    const rac = { user: 'feed', password: 'secret one' };
    const right = use(await DataAdapter.start(port, { rac, snapshots: { '*': { last: kValue, none: null } } }));
    await worksThrough(server, right);
    assert.ok(!server.log.includes('secret one'));
  });
});

test('A15: an adapter that falls silent is lost after keepalive_timeout_millis, and told why', () =>
  withServer({ each: { keepalive_timeout_millis: 600 } }, async ({ port, use }) => {
    const adapter = use(await DataAdapter.start(port));
    assert.ok(Number(adapter.initParams['keepalive_hint.millis']) <= 600);
    await until('CLOSE', () => adapter.all('CLOSE').length === 1);
    await until('the end of its connection', () => adapter.closed);
  }));

test('init parameters of the file reach the adapter', () =>
  withServer({ each: { remote_params: [{ name: 'remote:feed', value: 'a+b c' }] } }, async ({ port, use }) => {
    const adapter = use(await DataAdapter.start(port));
    assert.equal(adapter.initParams['remote:feed'], 'a+b c');
  }));

test('A14: a plain proxy: when its adapter goes, the server drains and says why', async () => {
  const port = await freePort();
  const set = await adapterSet({ data: [{ name: 'DEFAULT', request_reply_port: port, robust: false, connection_recovery_timeout_millis: undefined }] });
  const server = await Server.start({ adapter_set: [set] }, { ready: false });
  const adapter = await DataAdapter.start(port);
  adapter.kill();
  const end = await server.ended();
  assert.notEqual(end.code, 0);
  assert.equal(end.signal, null);
  assert.match(server.log, /DEFAULT/);
});
