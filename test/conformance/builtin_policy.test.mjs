// SPDX-License-Identifier: Apache-2.0
// An Adapter Set without a Metadata Adapter: what [adapter_set.policy] and the parameters of a
// LiteralBasedProvider decide, as clients are told.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { Client } from './lib/client.mjs';
import { kCid } from './lib/lines.mjs';
import { freePort } from './lib/ports.mjs';
import { adapterSet, run, scratchDir, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';

const kSnapshots = { snapshots: { '*': { a: '1' } } };
const kDir = scratchDir();

let server;
const adapters = [];

// Sets that differ in their policies, each with a Data Adapter DEFAULT and a second one NEWS.
before(async () => {
  const policies = {
    USERS: { allowed_users: ['alice', 'bob'] },
    PASSWORDS: { credentials: [{ user: 'alice', password: 'secret-of-alice' }] },
    SLOW: { max_bandwidth_kbps: 40.5, max_frequency: 2.5 },
    PREFILTERED: { prefilter_frequency: 3 },
    FAMILIES: {
      item_family: [
        { pattern: 'item9', modes: [] },
        { pattern: 'item\\d', modes: ['MERGE'] },
        { pattern: 'news_.*', modes: ['MERGE'], data_adapter: 'NEWS' },
        { pattern: 'log_.*', modes: ['DISTINCT'] },
      ],
    },
  };
  const sets = [];
  for (const [id, policy] of Object.entries(policies)) sets.push({ ...(await adapterSet({ id, data: ['DEFAULT', 'NEWS'] })), policy });

  const literalPort = await freePort();
  const xml = path.join(kDir, 'adapters.xml');
  fs.writeFileSync(
    xml,
    `<?xml version="1.0"?>
<adapters_conf id="LITERAL">
  <metadata_provider>
    <adapter_class>com.lightstreamer.adapters.metadata.LiteralBasedProvider</adapter_class>
    <param name="allowed_users">user123,user456</param>
    <param name="max_bandwidth">40</param>
    <param name="max_frequency">3</param>
    <param name="item_family_1">item.*</param>
    <param name="modes_for_item_family_1">MERGE</param>
  </metadata_provider>
  <data_provider>
    <adapter_class>ROBUST_PROXY_FOR_REMOTE_ADAPTER</adapter_class>
    <param name="request_reply_port">${literalPort}</param>
  </data_provider>
</adapters_conf>
`,
  );
  server = await Server.start({ adapters_files: [xml], adapter_set: sets });
  const ports = sets.flatMap((set) => set.data_adapter.map((one) => one.request_reply_port));
  for (const port of [...ports, literalPort]) adapters.push(await DataAdapter.start(port, kSnapshots));
});
after(async () => {
  for (const adapter of adapters) adapter.kill();
  await server?.stop();
  fs.rmSync(kDir, { recursive: true, force: true });
});

// The first line that answers a create_session.
async function enter(set, params) {
  const socket = await TlcpSocket.open(server.port);
  socket.send('wsok');
  socket.send(`create_session\r\n${kCid}&LS_adapter_set=${set}&LS_send_sync=false${params}`);
  const line = await socket.next(/^CON(OK|ERR),/);
  socket.terminate();
  return line;
}

test('allowed_users: these without a password, others and nobody CONERR 1', async () => {
  assert.match(await enter('USERS', '&LS_user=bob'), /^CONOK,/);
  assert.match(await enter('USERS', '&LS_user=mallory'), /^CONERR,1,/);
  assert.match(await enter('USERS', '&LS_user=Bob'), /^CONERR,1,/);
  assert.match(await enter('USERS', ''), /^CONERR,1,/);
});

test('credentials: the user with the password, and no word of it in the log', async () => {
  assert.match(await enter('PASSWORDS', '&LS_user=alice&LS_password=secret-of-alice'), /^CONOK,/);
  assert.match(await enter('PASSWORDS', '&LS_user=alice&LS_password=guess-of-mallory'), /^CONERR,1,/);
  assert.match(await enter('PASSWORDS', '&LS_user=alice'), /^CONERR,1,/);
  assert.match(await enter('PASSWORDS', ''), /^CONERR,1,/);
  assert.ok(!/secret-of-alice|guess-of-mallory/.test(server.log));
});

test('the official client: refused with 1, let in with a name of the list', async () => {
  const stranger = new Client(server.url, { set: 'USERS', user: 'mallory' });
  stranger.connect();
  assert.equal((await stranger.failed()).code, 1);
  const client = await Client.connected(server.url, { set: 'USERS', user: 'alice' });
  const record = await client.subscribe(['x'], ['a']).active();
  await record.shows('x', { a: '1' });
  client.disconnect();
});

test('the limits are told: bandwidth in CONS, frequency in CONF', async () => {
  const socket = await TlcpSocket.session(server.port, { set: 'SLOW' });
  await socket.next('CONS,40.5');
  await socket.subscribe(1, 'x y', 'a');
  await socket.next('CONF,1,2.5,filtered');
  await socket.subscribe(2, 'x', 'a', '&LS_requested_max_frequency=1.5');
  await socket.next('CONF,2,1.5,filtered');
  await socket.subscribe(3, 'x', 'a', '&LS_requested_max_frequency=7');
  await socket.next('CONF,3,2.5,filtered');
  socket.terminate();
});

test('the official client is told the frequency', async () => {
  const client = await Client.connected(server.url, { set: 'SLOW' });
  const record = await client.subscribe(['x'], ['a']).active();
  await record.shows('x', { a: '1' });
  assert.deepEqual(record.frequencies.map(Number), [2.5]);
  assert.equal(client.client.connectionOptions.getRealMaxBandwidth(), '40.5');
  client.disconnect();
});

test('unfiltered: 26 with a frequency limit, 27 with a prefilter', async () => {
  for (const [set, code] of Object.entries({ SLOW: 26, PREFILTERED: 27 })) {
    const socket = await TlcpSocket.session(server.port, { set });
    const line = await socket.subscribe(1, 'x', 'a', '&LS_requested_max_frequency=unfiltered');
    assert.match(line, new RegExp(`^REQERR,a1,${code},`), set);
    socket.terminate();
  }
});

test('families: the first that matches the whole name decides, no family is no mode', async () => {
  const socket = await TlcpSocket.session(server.port, { set: 'FAMILIES' });
  assert.match(await socket.subscribe(1, 'item1 item2', 'a'), /^SUBOK,1,2,1/);
  for (const [id, group] of ['item9', 'item10', 'xitem1', 'item1 item9', 'log_1', 'news_1'].entries()) {
    assert.match(await socket.subscribe(10 + id, group, 'a'), /^REQERR,[^,]+,24,/, group);
  }
  assert.match(await socket.subscribe(20, 'news_1', 'a', '&LS_data_adapter=NEWS'), /^SUBOK,20,1,1/);
  await socket.next('U,20,1,1');
  socket.terminate();
});

test('the official client: an item in no family is error 24', async () => {
  const client = await Client.connected(server.url, { set: 'FAMILIES' });
  assert.equal((await client.subscribe(['elsewhere'], ['a']).failed()).code, 24);
  client.disconnect();
});

test('lists: an empty schema is 23, a selector 25', async () => {
  const socket = await TlcpSocket.session(server.port, { set: 'SLOW' });
  assert.match(await socket.subscribe(1, 'x', ' '), /^REQERR,a1,23,/);
  assert.match(await socket.subscribe(2, 'x', 'a', '&LS_selector=mine'), /^REQERR,a2,25,/);
  assert.match(await socket.subscribe(3, ' x  y ', ' a b '), /^SUBOK,3,2,2/);
  socket.terminate();
});

test('a LiteralBasedProvider of an adapters.xml decides the same way', async () => {
  assert.match(await enter('LITERAL', '&LS_user=mallory'), /^CONERR,1,/);
  const socket = await TlcpSocket.session(server.port, { set: 'LITERAL', params: '&LS_user=user456' });
  await socket.next('CONS,40.0');
  assert.match(await socket.subscribe(1, 'item1', 'a'), /^SUBOK,1,1,1/);
  await socket.next('CONF,1,3.0,filtered');
  assert.match(await socket.subscribe(2, 'stock1', 'a'), /^REQERR,a2,24,/);
  socket.terminate();
  assert.match(server.log, /adapters\.xml:\d+: LiteralBasedProvider: lets in clients on this machine only/);
});

// --check-config of a set with this policy, which starts on line 4.
function check(policy) {
  const file = path.join(kDir, 'check.toml');
  fs.writeFileSync(file, `[[adapter_set]]\n[[adapter_set.data_adapter]]\n[adapter_set.policy]\n${policy}\n`);
  const { status, stdout, stderr } = run('--check-config', '--config', file);
  return { status, said: stdout + stderr, file };
}

test('--check-config: a pattern that RE2 does not know, with file and line', () => {
  const { status, said, file } = check('[[adapter_set.policy.item_family]]\nmodes = ["MERGE"]\npattern = "item(?!9).*"');
  assert.notEqual(status, 0);
  assert.ok(said.includes(`${file}:6: adapter_set.policy.item_family.pattern: "item(?!9).*" is no RE2 pattern: `), said);
});

test('--check-config: what is in force, without the passwords', () => {
  const { status, said } = check(
    'credentials = [{ user = "alice", password = "hunter2" }]\nmax_frequency = 0.5\n[[adapter_set.policy.item_family]]\nmodes = ["MERGE"]\npattern = "item\\\\d"',
  );
  assert.equal(status, 0, said);
  assert.ok(!said.includes('hunter2'), said);
  for (const line of ['[adapter_set.policy]', 'allow_remote = false', 'max_frequency = 0.5', 'distinct_snapshot_length = 10', 'pattern = "item\\\\d"']) {
    assert.ok(said.includes(line), `no ${line} in:\n${said}`);
  }
});
