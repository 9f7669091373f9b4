// SPDX-License-Identifier: Apache-2.0
// Several adapter processes for one proxy: one works, the others stand by and take over.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { AdapterProcess } from './lib/adapter_process.mjs';
import { DataAdapter, MetadataAdapter } from './lib/adapters.mjs';
import { Client } from './lib/client.mjs';
import { adapterSet, kOverGrpc, Server } from './lib/server.mjs';
import { never, pause, until } from './lib/wait.mjs';

let server;
let set;
let port;
const adapters = [];

async function serve(options, start) {
  set = await adapterSet(options);
  port = set.data_adapter[0].request_reply_port;
  server = await Server.start({ adapter_set: [set] }, start);
}
const said = (text) => server.log.split(text).length - 1;

async function start(Kind, where, options) {
  const adapter = await Kind.start(where, options);
  adapters.push(adapter);
  return adapter;
}
const value = (text) => ({ snapshots: { '*': { a: text } } });
async function pair(first = value('first'), second = value('second')) {
  const active = await start(DataAdapter, port, first);
  await until('an active one', () => said('remote adapter active') > 0);
  const standby = await start(DataAdapter, port, second);
  await until('a standby', () => said('remote adapter stands by') > 0);
  return [active, standby];
}

afterEach(async () => {
  if (server.running) await server.stop();
  adapters.splice(0).forEach((adapter) => adapter.kill?.() ?? adapter.signal?.('SIGKILL'));
});

test('the standby takes over with every item, and the session does not notice', async () => {
  await serve();
  const [active, standby] = await pair();
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['x', 'y'], ['a']).active();
  for (const item of ['x', 'y']) await record.shows(item, { a: 'first' });
  assert.deepEqual(standby.log, []);
  const id = client.sessionId;
  active.kill();
  for (const item of ['x', 'y']) await record.shows(item, { a: 'second' });
  standby.update('x', { a: 'live' });
  await record.shows('x', { a: 'live' });
  assert.equal(client.sessionId, id);
  assert.match(server.log, /a standby has taken over.*reason="the connection.*silent_millis=/);
  client.disconnect();
  await until('USB', () => standby.count('USB x') === 1);
  await server.stop();
  assert.equal(server.totals().takeovers, 1);
});

for (const [how, lose] of [
  ['FAL', (active) => active.fail('feed lost')],
  ['FIN', (active) => active.end()],
  ['reset', (active) => active.reset()],
]) {
  test(`whatever the loss, the oldest standby takes over: ${how}`, async () => {
    await serve();
    const [active, standby] = await pair();
    const third = await start(DataAdapter, port, value('third'));
    await until('two standbys', () => said('remote adapter stands by') === 2);
    const client = await Client.connected(server.url);
    const record = await client.subscribe(['x'], ['a']).active();
    await record.shows('x', { a: 'first' });
    lose(active);
    await record.shows('x', { a: 'second' });
    standby.kill();
    await record.shows('x', { a: 'third' });
    assert.equal(third.count('SUB x'), 1);
    client.disconnect();
  });
}

test('EF, the failure of the whole adapter, makes the standby take over', async () => {
  await serve();
  const [active] = await pair();
  active.refusals.set('x', 'EF|no feed');
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['x'], ['a']).active();
  await record.shows('x', { a: 'second' });
  client.disconnect();
});

test('an active process that is stopped is lost by the keepalive timeout, and the standby takes over', async () => {
  await serve({ each: { keepalive_timeout_millis: 4000 } });
  const active = await AdapterProcess.start(port, 'first');
  adapters.push(active);
  adapters.push(await AdapterProcess.start(port, 'second'));
  await until('a standby', () => said('remote adapter stands by') === 1);
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['x'], ['value']).active();
  await record.shows('x', { value: 'first' });
  active.signal('SIGSTOP');
  await record.shows('x', { value: 'second' });
  active.signal('SIGCONT');
  await until('the stopped one to see that it is out', () => active.lost);
  client.disconnect();
});

test('a standby process that is stopped is lost, counted, and noticed by nobody else', async () => {
  await serve({ each: { keepalive_timeout_millis: 4000 } });
  const active = await AdapterProcess.start(port, 'first');
  const standby = await AdapterProcess.start(port, 'second');
  adapters.push(active, standby);
  await until('a standby', () => said('remote adapter stands by') === 1);
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['x'], ['value']).active();
  await record.shows('x', { value: 'first' });
  const updates = record.updates.length;
  standby.signal('SIGSTOP');
  await until('the loss', () => /remote adapter lost.*(keepalive timeout|the connection was lost)/.test(server.log));
  await pause(200);
  assert.equal(record.updates.length, updates);
  assert.deepEqual(active.items, ['x']);
  assert.ok(!active.lost);
  client.disconnect();
  await server.stop();
  assert.equal(said('remote adapter lost'), 1);
  assert.equal(server.totals().connections_lost, 2); // the other one at the stop
  assert.equal(server.totals().takeovers, 0);
});

test('a plain proxy ends the server only when no standby is left', async () => {
  await serve({ each: { robust: false, connection_recovery_timeout_millis: undefined } }, { ready: false });
  const [active, standby] = await pair();
  await server.ready();
  active.kill();
  await until('the takeover', () => said('a standby has taken over') === 1);
  assert.ok(server.running);
  standby.kill();
  const end = await server.ended();
  assert.notEqual(end.code, 0);
  assert.match(server.log, /is lost: /);
});

test('whoever cannot be initialised brings no rest while another one works', async () => {
  await serve({ each: { connection_recovery_timeout_millis: -1 } });
  await start(DataAdapter, port, value('first'));
  const failing = new DataAdapter({ answerInit: false });
  adapters.push(await failing.connect(port));
  const init = await failing.seen('DPI');
  failing.reply(init.id, 'DPI', 'ED|no+feed');
  await failing.seen('CLOSE');
  await start(DataAdapter, port, value('second'));
  await until('a standby', () => said('remote adapter stands by') === 1);
});

test('max_standby = 0: a second remote adapter is refused', async () => {
  await serve({ each: { max_standby: 0 } });
  await start(DataAdapter, port, value('first'));
  const second = new DataAdapter();
  adapters.push(await second.connect(port));
  const close = await second.seen('CLOSE');
  assert.match(close.line, /another\+remote\+adapter/);
});

test('two connections: no standby, because nothing says which two belong together', { skip: kOverGrpc }, async () => {
  await serve({ data: [{ name: 'DEFAULT', notify_port: true }] });
  const { request_reply_port: requests, notify_port: notifyPort } = set.data_adapter[0];
  await start(DataAdapter, requests, { version: '1.8.3', notifyPort });
  await until('an active one', () => said('remote adapter active') === 1);
  const second = new DataAdapter({ version: '1.8.3' });
  adapters.push(await second.connect(requests));
  await second.seen('CLOSE');
});

test('what a standby says of items is dropped and counted', async () => {
  await serve();
  const [active, standby] = await pair();
  const client = await Client.connected(server.url);
  const record = await client.subscribe(['x'], ['a']).active();
  await record.shows('x', { a: 'first' });
  standby.update('x', { a: 'intruder' }, false, active.active.get('x'));
  await never('a value of a standby', () => record.updates.some(({ values }) => values.a === 'intruder'), 200);
  standby.end(); // behind what it has said
  await until('its end', () => /remote adapter (lost|left)/.test(server.log));
  client.disconnect();
  await server.stop();
  assert.equal(server.totals().standby_packets, 1);
});

test('a Metadata Adapter with a standby: what was asked is asked again, new sessions are let in', async () => {
  await serve({ metadata: {} });
  const where = set.metadata_adapter.request_reply_port;
  const active = await start(MetadataAdapter, where, { answers: { GIT: () => null } });
  const standby = await start(MetadataAdapter, where);
  await until('a standby', () => said('remote adapter stands by') === 1);
  await start(DataAdapter, port, value('1'));
  const client = await Client.connected(server.url);
  const subscribed = client.subscribe(['x'], ['a']);
  await active.seen('GIT');
  active.kill();
  const record = await subscribed.active();
  await record.shows('x', { a: '1' });
  await standby.seen('GIT');
  const welcome = await Client.connected(server.url);
  welcome.disconnect();
  client.disconnect();
});
