// SPDX-License-Identifier: Apache-2.0
// What one address or one user may take: whoever wants more is refused, and the neighbour is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client } from './lib/client.mjs';
import { assertTold, create, guarded, kNeighbour } from './lib/guarded.mjs';
import { fetchRaw, HttpConnection } from './lib/http.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

const kHealth = '/lightstreamer/healthcheck';

// Opens so many connections; gives those that the server serves and the number of those it closed.
async function open(server, count, options) {
  const all = [];
  for (let i = 0; i < count; ++i) {
    const connection = await HttpConnection.open(server.port, options);
    connection.request('GET', kHealth);
    await until('an answer or the end', () => connection.closed || connection.responses[0]?.done);
    all.push(connection);
  }
  const served = all.filter((one) => one.responses[0]?.status === 200);
  return { served, refused: count - served.length };
}

test('connections_per_listener: exactly so many, however many shards', async () => {
  let server;
  const counted = await guarded({ connections_per_listener: 5 }, async (world) => {
    server = world.server;
    const { served, refused } = await open(server, 8);
    assert.deepEqual([served.length, refused], [5, 3]);
    served[0].destroy();
    await until('a free place', async () => (await open(server, 1)).served.length === 1);
  }, { shards: 3 });
  assert.ok(counted.over_connections_per_listener >= 3);
  assert.equal(counted.connections_refused, counted.over_connections_per_listener);
});

test('max_sessions: CONERR 8 beyond it, over all shards', async () => {
  let server;
  const counted = await guarded({ max_sessions: 2 }, async (world) => {
    server = world.server;
    for (let i = 0; i < 2; ++i) assert.match((await create(server)).line, /^CONOK/);
    assert.match((await create(server)).line, /^CONERR,8,/);
  }, { shards: 3 });
  assertTold(server, counted, 'max_sessions', 1);
});

test('connections_per_address: the next is closed, a neighbour is served', async () => {
  let server;
  const counted = await guarded({ connections_per_address: 3 }, async (world) => {
    server = world.server;
    const { served, refused } = await open(server, 5);
    assert.deepEqual([served.length, refused], [3, 2]);
    assert.equal((await open(server, 1, { from: kNeighbour })).refused, 0);
  }, { shards: 2 });
  assert.equal(counted.over_connections_per_address, 2);
});

test('trusted_addresses have no limit', async () => {
  const counted = await guarded({ connections_per_address: 1, request_rate_per_address: 1, trusted_addresses: ['127.0.0.0/31'] }, async ({ server }) => {
    assert.equal((await open(server, 10)).refused, 0);
    assert.equal((await open(server, 3, { from: kNeighbour })).refused, 2);
  });
  assert.equal(counted.over_request_rate_per_address, 0);
});

test('sessions_per_address: CONERR 8 until one ends', async () => {
  let server;
  const counted = await guarded({ sessions_per_address: 2 }, async (world) => {
    server = world.server;
    const first = await create(server);
    await create(server);
    assert.match((await create(server)).line, /^CONERR,8,Too many sessions from your address/);
    assert.match((await create(server, '', { from: kNeighbour })).line, /^CONOK/);
    first.socket.control('LS_reqId=1&LS_op=destroy');
    await first.socket.next('END');
    assert.match((await create(server)).line, /^CONOK/);
  }, { shards: 2 });
  assertTold(server, counted, 'sessions_per_address', 1);
  assert.equal(counted.sessions_refused, 1);
});

test('session_rate_per_address: CONERR 5, but who can wait gets in later', async () => {
  let server;
  let times;
  const counted = await guarded({ session_rate_per_address: 1 }, async (world) => {
    server = world.server;
    const start = performance.now();
    // Two at once; the others are too many, but for those that a slow machine takes a second to ask for.
    const lines = await Promise.all(Array.from({ length: 8 }, async (_, i) => (await create(server, i % 2 ? '&LS_ttl_millis=100' : '')).line));
    const refused = lines.filter((line) => line.startsWith('CONERR,5,Too many new sessions')).length;
    const opened = lines.filter((line) => line.startsWith('CONOK')).length;
    assert.equal(refused + opened, lines.length, lines.join());
    assert.ok(opened >= 2 && opened <= 2 + (performance.now() - start) / 1000, `${opened} of ${lines.length}`);
    assert.ok(refused > 0);
    assert.match((await create(server, '', { from: kNeighbour })).line, /^CONOK/);
    assert.match((await create(server, '&LS_ttl_millis=unlimited')).line, /^CONOK/);
    assert.match((await create(server, '&LS_ttl_millis=20000')).line, /^CONOK/);
    assert.ok(performance.now() - start > opened * 1000, 'no more than two and one a second');
    times = refused;
  });
  const { over_session_rate_per_address: over } = counted; // and those that waited
  assert.ok(over >= times && over <= times + 2, `${over}, and ${times} refused`);
  assert.equal(server.log.split('\n').filter((line) => line.includes('limit reached') && line.includes('limit=session_rate_per_address ')).length, 1);
});

test('an official client whose session comes too soon has it later, by itself', async () => {
  await guarded({ session_rate_per_address: 1 }, async ({ server }) => {
    for (let i = 0; i < 2; ++i) await create(server);
    const client = await Client.connected(server.url);
    assert.deepEqual(client.errors, []);
    client.disconnect();
  });
});

test('request_rate_per_address: 429 and Retry-After, and the connection goes on', async () => {
  let server;
  const counted = await guarded({ request_rate_per_address: 5 }, async (world) => {
    server = world.server;
    const connection = await HttpConnection.open(server.port);
    // All at once: more than a slow machine would be allowed while it answers them.
    for (let i = 0; i < 60; ++i) connection.request('GET', kHealth);
    await connection.response(59);
    const statuses = connection.responses.map((response) => response.status);
    assert.deepEqual(statuses.slice(0, 10), Array(10).fill(200));
    assert.deepEqual([...new Set(statuses)], [200, 429]);
    assert.equal(connection.responses.find((response) => response.status === 429).headers['retry-after'], '1');
    await until('another connection of the address to be refused', async () => {
      for (let i = 0; i < 20; ++i) connection.request('GET', kHealth);
      return (await fetchRaw(server.port, 'GET', kHealth)).status === 429;
    });
    await connection.response(connection.requested - 1);
    const neighbour = await HttpConnection.open(server.port, { from: kNeighbour });
    neighbour.request('GET', kHealth);
    assert.equal((await neighbour.response()).status, 200);
    await until('the next to be served', async () => {
      connection.request('GET', kHealth);
      return (await connection.response(connection.responses.length)).status === 200;
    });
  });
  assert.ok(counted.over_request_rate_per_address >= 2);
  assert.match(server.log, /limit reached.*limit=request_rate_per_address client=127\.0\.0\.1/);
});

test('request_rate_per_address: requests of sessions get REQERR 68, over all sessions', async () => {
  const counted = await guarded({ request_rate_per_address: 10 }, async ({ server }) => {
    const one = await TlcpSocket.session(server.port);
    const other = await TlcpSocket.session(server.port);
    const neighbour = await TlcpSocket.session(server.port, { from: kNeighbour });
    assert.match(await one.subscribe(1, 'x', 'n'), /^SUBOK/);
    for (let i = 2; i <= 41; ++i) {
      (i % 2 ? one : other).control(`LS_reqId=${i}&LS_op=add&LS_subId=${i}&LS_mode=MERGE&LS_group=x&LS_schema=n`);
    }
    for (const socket of [one, other]) assert.match(await socket.next('REQERR'), /,68,Too many requests/);
    assert.match(await neighbour.subscribe(1, 'x', 'n'), /^SUBOK/);
    // A session is not lost by it.
    one.control('LS_reqId=99&LS_op=delete&LS_subId=1');
    await one.next('REQOK,99');
  });
  assert.ok(counted.over_request_rate_per_address >= 1);
});

test('sessions_per_user: CONERR 8 for a name, not for the anonymous', async () => {
  let server;
  const counted = await guarded({ sessions_per_user: 1 }, async (world) => {
    server = world.server;
    const first = await create(server, '&LS_user=anna');
    assert.match(first.line, /^CONOK/);
    assert.match((await create(server, '&LS_user=anna')).line, /^CONERR,8,Too many sessions of this user/);
    await world.metadata.seen('NSC');
    assert.match((await create(server, '&LS_user=bert')).line, /^CONOK/);
    for (let i = 0; i < 3; ++i) assert.match((await create(server, i ? '&LS_user=' : '')).line, /^CONOK/);
    first.socket.control('LS_reqId=1&LS_op=destroy');
    await first.socket.next('END');
    assert.match((await create(server, '&LS_user=anna')).line, /^CONOK/);
  }, { answers: {}, shards: 2 });
  assertTold(server, counted, 'sessions_per_user', 1);
});

test('request_rate_per_user: over all sessions of the name', async () => {
  let server;
  const counted = await guarded({ request_rate_per_user: 2 }, async (world) => {
    server = world.server;
    const one = await TlcpSocket.session(server.port, { params: '&LS_user=anna' });
    const other = await TlcpSocket.session(server.port, { params: '&LS_user=anna', from: kNeighbour });
    const bert = await TlcpSocket.session(server.port, { params: '&LS_user=bert' });
    for (let i = 1; i <= 20; ++i) {
      one.control(`LS_reqId=${i}&LS_op=constrain&LS_requested_max_bandwidth=1000`);
      other.control(`LS_reqId=${i}&LS_op=constrain&LS_requested_max_bandwidth=1000`);
    }
    await until('a refusal', () => one.find('REQERR') || other.find('REQERR'));
    assert.match(one.find('REQERR') ?? other.find('REQERR'), /,68,Too many requests/);
    assert.match(await bert.subscribe(1, 'x', 'n'), /^SUBOK/);
  }, { shards: 2 });
  assert.ok(counted.over_request_rate_per_user >= 1);
});
