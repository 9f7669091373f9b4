// SPDX-License-Identifier: Apache-2.0
// Who waits for a session: how many may, how long they do, and what wrong passwords cost.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertTold, create, guarded, kNeighbour } from './lib/guarded.mjs';
import { kCid } from './lib/lines.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { pause, until } from './lib/wait.mjs';

// A create whose answer nobody waits for here.
async function ask(server, params = '') {
  const socket = await TlcpSocket.open(server.port);
  socket.send(`create_session\r\n${kCid}&LS_adapter_set=DEMO&LS_send_sync=false${params}`);
  return socket;
}

test('creates_pending: CONERR 5 beyond it, CONERR 9 for who can wait beyond twice as many', async () => {
  let server;
  const counted = await guarded({ creates_pending: 2 }, async (world) => {
    server = world.server;
    const waiting = [await ask(server), await ask(server)];
    await until('both at the adapter', () => world.metadata.all('NUS').length === 2);
    assert.match((await create(server)).line, /^CONERR,5,/);
    for (let i = 0; i < 2; ++i) waiting.push(await ask(server, '&LS_ttl_millis=unlimited'));
    await until('all four at the adapter', () => world.metadata.all('NUS').length === 4);
    assert.match((await create(server, '&LS_ttl_millis=unlimited')).line, /^CONERR,9,/);
    world.metadata.answers = {};
    for (const packet of world.metadata.all('NUS')) world.metadata.reply(packet.id, 'NUS', 'D|0|B|1');
    for (const socket of waiting) await socket.next('CONOK');
    assert.match((await create(server)).line, /^CONOK/);
  }, { answers: { NUS: () => null }, shards: 2 });
  assert.equal(counted.over_creates_pending, 2);
  assert.match(server.log, /limit reached.*limit=creates_pending client=127\.0\.0\.1/);
});

test('LS_ttl_millis: CONERR 5 when it is over, and a grant that comes later is given back', async () => {
  let server;
  const counted = await guarded({}, async (world) => {
    server = world.server;
    const start = performance.now();
    assert.match((await create(server, '&LS_ttl_millis=400')).line, /^CONERR,5,/);
    assert.ok(performance.now() - start >= 390);
    const { metadata } = world;
    metadata.reply(metadata.all('NUS')[0].id, 'NUS', 'D|0|B|1');
    const [, session] = metadata.strings(await metadata.seen('NNS'));
    assert.deepEqual(metadata.strings(await metadata.seen('NSC')), [session]);
    assert.equal(metadata.all('NSC').length, 1);
  }, { answers: { NUS: () => null } });
  assertTold(server, counted, 'create_ttl', 1);
  assert.deepEqual([counted.sessions_opened, counted.sessions_refused], [0, 1]);
});

test('LS_ttl_millis: in time, nothing happens', async () => {
  const counted = await guarded({}, async ({ server }) => {
    const { socket, line } = await create(server, '&LS_ttl_millis=2000');
    assert.match(line, /^CONOK/);
    await pause(2200);
    assert.match(await socket.subscribe(1, 'x', 'n'), /^SUBOK/);
  }, { answers: {} });
  assert.equal(counted.over_create_ttl, 0);
});

const check = ([user, password]) => (password === 'right' ? undefined : 'EA|no');
const login = (user, password) => `&LS_user=${user}&LS_password=${password}`;

test('login_failures: an address that guesses passwords waits longer each time, its neighbour does not', async () => {
  let server;
  const asked = {}; // by user: when the adapter is
  const watched = (strings) => ((asked[strings[0]] = performance.now()), check(strings));
  const counted = await guarded({ login_failures: 2, login_delay_max_millis: 1500 }, async (world) => {
    server = world.server;
    for (const user of ['u1', 'u2']) assert.match((await create(server, login(user, 'wrong'))).line, /^CONERR,1,/);
    const third = create(server, login('u3', 'wrong'));
    assert.match((await create(server, login('u4', 'right'), { from: kNeighbour })).line, /^CONOK/);
    assert.match((await third).line, /^CONERR,1,/);
    assert.ok(asked.u3 - asked.u2 >= 1000, `${asked.u3 - asked.u2}`);
    assert.match((await create(server, login('u5', 'right'))).line, /^CONOK/);
    assert.ok(asked.u5 - asked.u3 >= 1500, `the cap: ${asked.u5 - asked.u3}`);
    assert.match((await create(server, login('u6', 'wrong'))).line, /^CONERR,1,/, 'forgiven');
  }, { answers: { NUS: watched } });
  assertTold(server, counted, 'login_failures', 2); // and nobody else had to wait
});

test('login_failures: a user whose password is guessed gets in from elsewhere, after the cap at most', async () => {
  const asked = {}; // by password: when the adapter is
  const watched = (strings) => ((asked[strings[1]] = performance.now()), check(strings));
  const counted = await guarded({ login_failures: 1, login_delay_max_millis: 1000 }, async ({ server }) => {
    await create(server, login('anna', 'wrong'));
    assert.match((await create(server, login('anna', 'right'), { from: kNeighbour })).line, /^CONOK/);
    const waited = asked.right - asked.wrong;
    assert.ok(waited >= 1000 && waited < 10000, `${waited}`);
    assert.match((await create(server, login('bert', 'right'), { from: kNeighbour })).line, /^CONOK/);
  }, { answers: { NUS: watched } });
  assert.equal(counted.over_login_failures, 1, 'one had to wait');
});

test('login_failures: few of an address may wait at a time, others are told to come later', async () => {
  const counted = await guarded({ login_failures: 1, login_delay_max_millis: 2000 }, async ({ server }) => {
    for (let i = 0; i < 2; ++i) await create(server, login('u', 'wrong')); // from now on one waits for two seconds
    const lines = await Promise.all(Array.from({ length: 12 }, async (_, i) => (await create(server, login(`u${i}`, 'wrong'))).line));
    assert.equal(lines.filter((line) => line.startsWith('CONERR,1,')).length, 8);
    assert.equal(lines.filter((line) => line.startsWith('CONERR,6,')).length, 4);
  }, { answers: { NUS: check } });
  assert.equal(counted.over_login_failures, 13);
});

test('a stop answers those who still wait', async () => {
  await guarded({ login_failures: 1, login_delay_max_millis: 30000 }, async ({ server }) => {
    for (let i = 0; i < 4; ++i) await create(server, login('u', 'wrong'));
    const socket = await ask(server, login('u', 'right'));
    await pause(1000); // it is there; it would be asked about in eight seconds
    server.signal('SIGTERM');
    assert.match(await socket.next('CONERR'), /^CONERR,5,/);
  }, { answers: { NUS: check } });
});
