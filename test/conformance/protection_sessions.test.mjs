// SPDX-License-Identifier: Apache-2.0
// What one session or connection may take. Official clients live through a refusal; a flood ends
// the connection.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client } from './lib/client.mjs';
import { assertTold, guarded } from './lib/guarded.mjs';
import { control, createStream, fetchRaw, HttpConnection } from './lib/http.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

for (const transport of ['WS-STREAMING', 'HTTP-STREAMING']) {
  test(`request_rate_per_session: an official client over ${transport} is told by onSubscriptionError, its session lives`, async () => {
    let server;
    const counted = await guarded({ request_rate_per_session: 4 }, async (world) => {
      server = world.server;
      const client = await Client.connected(server.url, { transport });
      const id = client.sessionId;
      const records = Array.from({ length: 24 }, (_, i) => client.subscribe([`i${i}`], ['n']));
      await until('all answers', () => records.every((one) => one.state === 'subscribed' || one.errors.length > 0));
      const refused = records.filter((one) => one.errors.length > 0);
      assert.ok(refused.length > 0 && refused.length <= 24 - 2 * 4, `${refused.length}`);
      assert.equal(refused[0].errors[0].code, 68);
      await records[0].shows('i0', { n: '0' });
      world.adapter.update('i0', { n: '1' });
      await records[0].shows('i0', { n: '1' });
      // What gives something back is never refused.
      client.unsubscribe(records[1]);
      await records[1].ended();
      assert.equal(client.sessionId, id);
      assert.deepEqual(client.errors, []);
      client.disconnect();
    });
    assert.ok(counted.over_request_rate_per_session > 0);
    assert.match(server.log, /limit reached.*limit=request_rate_per_session client=127\.0\.0\.1/);
  });
}

test('message_rate_per_session: onError for those beyond it, and the sequence goes on', async () => {
  const counted = await guarded({ message_rate_per_session: 2 }, async ({ server }) => {
    const client = await Client.connected(server.url, { transport: 'WS-STREAMING' });
    const sent = Array.from({ length: 20 }, (_, i) => client.send(`m${i}`, 'S'));
    const outcomes = [];
    for (const one of sent) outcomes.push(await one.outcome());
    assert.ok(outcomes.slice(0, 4).every((outcome) => outcome.startsWith('processed')), outcomes.join());
    assert.equal(outcomes.at(-1), 'error');
    await until('a message to be taken again', async () => (await client.send('later', 'S').outcome()).startsWith('processed'));
    client.disconnect();
  }, { answers: {} });
  assert.ok(counted.over_message_rate_per_session > 0);
});

test('a client that floods a WebSocket is cut off, and another is not', async () => {
  let server;
  const counted = await guarded({ request_rate_per_session: 5 }, async (world) => {
    server = world.server;
    const witness = await TlcpSocket.session(server.port);
    const socket = await TlcpSocket.session(server.port);
    for (let i = 0; i < 300; ++i) socket.control(`LS_reqId=${i}&LS_op=constrain&LS_requested_max_bandwidth=${i + 1}`);
    const { code } = await socket.closes();
    assert.equal(code, 1008);
    assert.match(await witness.subscribe(1, 'x', 'n'), /^SUBOK/);
  });
  assertTold(server, counted, 'request_flood', 1);
});

test('a client that floods HTTP is cut off, in one body or in many requests', async () => {
  let server;
  const counted = await guarded({ request_rate_per_session: 5 }, async (world) => {
    server = world.server;
    const stream = await createStream(server.port);
    const body = Array.from({ length: 300 }, (_, i) => `LS_reqId=${i}&LS_op=delete&LS_subId=${i + 1}`).join('\r\n');
    await assert.rejects(control(server.port, stream.sessionId, body), /closed before/);
    const connection = await HttpConnection.open(server.port);
    for (let i = 0; i < 300; ++i) connection.request('GET', '/lightstreamer/healthcheck');
    await connection.closes();
    // The reset may take with it what the client had not read.
    assert.ok(connection.responses.length < 200, `${connection.responses.length}`);
  });
  assertTold(server, counted, 'request_flood', 2);
});

test('control_frame_rate: a WebSocket that sends nothing but pings is closed with 1008', async () => {
  let server;
  const counted = await guarded({ control_frame_rate: 5 }, async (world) => {
    server = world.server;
    const slow = await TlcpSocket.session(server.port);
    for (let i = 0; i < 8; ++i) slow.raw.ping();
    const fast = await TlcpSocket.session(server.port);
    for (let i = 0; i < 40; ++i) fast.raw[i % 2 ? 'ping' : 'pong']();
    assert.equal((await fast.closes()).code, 1008);
    assert.match(await slow.subscribe(1, 'x', 'n'), /^SUBOK/);
  });
  assertTold(server, counted, 'control_frame_rate', 1);
});

test('items_per_session, of all subscriptions; what is given back counts no more', async () => {
  let server;
  const counted = await guarded({ items_per_session: 3 }, async (world) => {
    server = world.server;
    const socket = await TlcpSocket.session(server.port);
    assert.match(await socket.subscribe(1, 'a b', 'n'), /^SUBOK/);
    assert.match(await socket.subscribe(2, 'c d', 'n'), /^REQERR,a2,68,Too many items in the session/);
    assert.match(await socket.subscribe(3, 'c', 'n'), /^SUBOK/);
    socket.control('LS_reqId=4&LS_op=delete&LS_subId=1');
    await socket.next('UNSUB,1');
    assert.match(await socket.subscribe(5, 'd e', 'n'), /^SUBOK/);
  });
  assertTold(server, counted, 'items_per_session', 1);
});

test('subscriptions_per_session, items_per_subscription, fields_per_subscription', async () => {
  let server;
  const limits = { subscriptions_per_session: 1, items_per_subscription: 2, fields_per_subscription: 2 };
  const counted = await guarded(limits, async (world) => {
    server = world.server;
    const socket = await TlcpSocket.session(server.port);
    assert.match(await socket.subscribe(1, 'a b c', 'n'), /^REQERR,a1,68,Too many items/);
    assert.match(await socket.subscribe(2, 'a b', 'n m o'), /^REQERR,a2,68,Too many fields/);
    assert.match(await socket.subscribe(3, 'a b', 'n m'), /^SUBOK/);
    assert.match(await socket.subscribe(4, 'a', 'n'), /^REQERR,a4,68,Too many subscriptions/);
  });
  for (const limit of Object.keys(limits)) assertTold(server, counted, limit, 1);
});

test('pending_control_requests, while an adapter does not answer', async () => {
  let server;
  const counted = await guarded({ pending_control_requests: 2 }, async (world) => {
    server = world.server;
    const socket = await TlcpSocket.session(server.port);
    for (let i = 1; i <= 3; ++i) {
      socket.control(`LS_reqId=a${i}&LS_op=add&LS_subId=${i}&LS_mode=MERGE&LS_group=i${i}&LS_schema=n`);
    }
    assert.match(await socket.next('REQERR'), /^REQERR,a3,68,Too many requests under way/);
  }, { answers: { GIS: () => null } });
  assertTold(server, counted, 'pending_control_requests', 1);
});

test('head_size_bytes, headers, request_limit_bytes: 431 and 413, each counted', async () => {
  const counted = await guarded({ head_size_bytes: 2000, headers: 10 }, async ({ server }) => {
    const path = '/lightstreamer/healthcheck';
    assert.equal((await fetchRaw(server.port, 'GET', path, { headers: { 'X-Long': 'x'.repeat(2000) } })).status, 431);
    const many = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`X-${i}`, 'x']));
    assert.equal((await fetchRaw(server.port, 'GET', path, { headers: many })).status, 431);
    assert.equal((await fetchRaw(server.port, 'POST', '/lightstreamer/control.txt', { body: 'x'.repeat(1001) })).status, 413);
  }, { session: { request_limit_bytes: 1000 } });
  assert.equal(counted.protocol_errors, 3);
});
