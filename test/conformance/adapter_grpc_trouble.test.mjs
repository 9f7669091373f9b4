// SPDX-License-Identifier: Apache-2.0
// Adapters over gRPC that leave with questions open, or do what no adapter does, and strangers.
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { test } from 'node:test';

import grpc from '@grpc/grpc-js';

import { closeLater } from './lib/cleanup.mjs';
import { Client } from './lib/client.mjs';
import { DataAdapter, MetadataAdapter } from './lib/grpc.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { never, until } from './lib/wait.mjs';

const { status } = grpc;

async function started({ metadata = null, data = {} } = {}) {
  const set = await adapterSet({ overGrpc: true, metadata, data: [{ name: 'DEFAULT', ...data }] });
  const server = await Server.start({ adapter_set: [set] });
  return { server, port: set.data_adapter[0].request_reply_port, metadataPort: set.metadata_adapter?.request_reply_port };
}

// Two Metadata Adapters, of which the first one has the part of the active one.
async function pair(port, answers) {
  const active = await MetadataAdapter.start(port, { answers });
  await until('its role', () => active.roles.length > 0);
  const standby = await MetadataAdapter.start(port);
  await until('the roles', () => standby.roles.length > 0);
  return [active, standby];
}

// A stream by hand that says nothing; the headers of its end are what `told` gives.
function silent(session, method) {
  const stream = session.request({ ':method': 'POST', ':path': `/penstock.adapter.v1.AdapterService/${method}`, 'content-type': 'application/grpc', te: 'trailers' });
  const told = new Promise((resolve) => stream.on('response', resolve).on('error', () => {}).on('close', () => resolve({})));
  stream.resume();
  return { stream, told };
}
function connected(port) {
  const session = closeLater(http2.connect(`http://127.0.0.1:${port}`), (one) => one.destroy());
  return session.on('error', () => {});
}

test('methods that are none here, cancelled at once, harm nobody', async () => {
  const { server, port } = await started();
  const session = connected(port);
  for (let round = 0; round < 20; ++round) {
    const streams = Array.from({ length: 50 }, () => silent(session, 'None'));
    for (const { stream } of streams) stream.close(http2.constants.NGHTTP2_CANCEL);
    await Promise.all(streams.map(({ told }) => told));
  }
  assert.equal(Number((await silent(session, 'None').told)['grpc-status']), status.UNIMPLEMENTED);
  await DataAdapter.start(port);
  await server.stop();
});

test('who comes from an address that is on no list is not listened to', async () => {
  const { server, port } = await started({ data: { address_allow_list: ['127.0.0.2'] } });
  assert.equal(Number((await silent(connected(port), 'Data').told)['grpc-status']), status.PERMISSION_DENIED);
  await server.stop();
  assert.equal(server.totals().addresses_refused, 1);
});

test('a first message that is too long for a Hello is none', async () => {
  const { server, port } = await started();
  const long = await new DataAdapter({ hello: { sdk: 'x'.repeat(64 * 1024) } }).connect(port);
  assert.equal(await long.ended(), status.INVALID_ARGUMENT);
  await DataAdapter.start(port, { hello: { sdk: 'x'.repeat(63 * 1024), sdk_version: '7', instance_id: 'machine 9' } });
  await until('it to be named', () => /remote adapter ready.*instance="?machine 9/.test(server.log));
  assert.ok(Math.max(...server.log.split('\n').map((line) => line.length)) < 4096);
  await server.stop();
  assert.equal(server.totals().connections_refused, 1);
});

test('a question open at one that says goodbye and is lost is asked again', async () => {
  const { server, port, metadataPort } = await started({ metadata: {} });
  const [leaving, standby] = await pair(metadataPort, { GIS: () => null });
  const data = await DataAdapter.start(port, { snapshots: { x: { f: '1' } } });
  const client = await Client.connected(server.url);
  const record = client.subscribe(['x'], ['f']);
  await leaving.seen('GIS');
  leaving.leave();
  await until('the takeover', () => standby.roles.at(-1) === true);
  assert.equal(standby.all('GIS').length, 0);
  leaving.kill();
  await standby.seen('GIS');
  await record.active();
  await data.subscribed('x');
  client.disconnect();
  await server.stop();
});

test('the end of a subscription that two adapters were told of counts once', async () => {
  const { server, port, metadataPort } = await started({ metadata: {} });
  const [leaving, standby] = await pair(metadataPort, { NTC: () => null });
  await DataAdapter.start(port);
  const client = await Client.connected(server.url);
  const first = await client.subscribe(['x'], ['f']).active();
  await client.subscribe(['y'], ['f']).active();
  client.unsubscribe(first);
  const notice = await leaving.seen('NTC');
  leaving.leave();
  await standby.seen('NTC'); // again, and answered
  standby.answers.NTC = () => null;
  leaving.reply(notice.id, 'NTC', 'V');
  assert.equal(await leaving.ended(), status.OK);
  client.disconnect();
  const last = await until('the end of the other one', () => standby.all('NTC')[1]);
  await never('the end of the session', () => standby.all('NSC').length > 0, 300);
  standby.reply(last.id, 'NTC', 'V');
  await standby.seen('NSC');
  await server.stop();
});

test('a second goodbye is one too many', async () => {
  const { server, metadataPort } = await started({ metadata: {} });
  const [leaving, standby] = await pair(metadataPort, { NUM: () => null });
  const client = await Client.connected(server.url);
  const message = client.send('lost');
  await leaving.seen('NUM');
  leaving.leave();
  await until('the takeover', () => standby.roles.at(-1) === true);
  leaving.leave();
  assert.equal(await leaving.ended(), status.INVALID_ARGUMENT);
  assert.equal(await message.outcome(), 'error');
  client.disconnect();
  await server.stop();
});

test('reasons of an adapter that are too long are cut', async () => {
  const { server, port } = await started({ data: { connection_recovery_timeout_millis: 0 } });
  const failing = await DataAdapter.start(port, { answerInit: false });
  failing.send({ init_failed: { kind: 'KIND_INIT', message: 'é'.repeat(100000) } });
  assert.equal(await failing.ended(), status.FAILED_PRECONDITION);
  const bytes = Buffer.byteLength(failing.status.details);
  assert.ok(bytes <= 1024 && bytes > 1000, `${bytes} bytes`);
  assert.match(failing.status.details, /é$/);
  await server.stop();
});
