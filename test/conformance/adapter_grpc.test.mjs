// SPDX-License-Identifier: Apache-2.0
// What only adapters over gRPC have: a port for many, tokens and names of certificates, health,
// goodbyes, deadlines with cancellation, answers to messages, typed values, and a contract to break.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import { after, test } from 'node:test';
import tls from 'node:tls';

import grpc from '@grpc/grpc-js';

import { Authority, files } from './lib/certs.mjs';
import { closeLater } from './lib/cleanup.mjs';
import { Client } from './lib/client.mjs';
import { DataAdapter, MetadataAdapter } from './lib/grpc.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { never, until } from './lib/wait.mjs';

const { status } = grpc;
const authority = new Authority();
after(() => authority.remove());

async function started({ metadata = null, data = {}, ...settings } = {}) {
  const set = await adapterSet({ overGrpc: true, metadata, data: [{ name: 'DEFAULT', ...data }] });
  const server = await Server.start({ adapter_set: [set], ...settings });
  return { server, set, port: set.data_adapter[0].request_reply_port, metadataPort: set.metadata_adapter?.request_reply_port };
}
// How a stream that is not let in ends.
async function refused(port, options, Kind = DataAdapter) {
  return (await new Kind(options).connect(port)).ended();
}

// grpc.health.v1 of one service, by hand: a request is one text, an answer one number.
async function health(port, service) {
  const Health = grpc.makeGenericClientConstructor({
    check: {
      path: '/grpc.health.v1.Health/Check',
      requestSerialize: (name) => Buffer.concat([Buffer.from([0x0a, Buffer.byteLength(name)]), Buffer.from(name)]),
      responseDeserialize: (bytes) => bytes[1],
    },
  });
  const client = new Health(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const answer = await new Promise((resolve) => client.check(service, (error, serving) => resolve(error ? error.code : ['?', 'serving', 'not serving'][serving])));
  client.close();
  return answer;
}

test('a Metadata Adapter and two Data Adapters share a port, and serve a client', async () => {
  const set = await adapterSet({ overGrpc: true, metadata: {}, data: ['A', 'B'] });
  const port = set.metadata_adapter.request_reply_port;
  for (const one of set.data_adapter) one.request_reply_port = port;
  const server = await Server.start({ adapter_set: [set] });
  const metadata = await MetadataAdapter.start(port, { answers: { NUM: ([, , message]) => `S|you said ${message}` } });
  const data = [];
  for (const name of ['A', 'B']) {
    data.push(await DataAdapter.start(port, { hello: { data_adapter: name }, snapshots: { x: { f: `of ${name}` } } }));
  }
  const client = await Client.connected(server.url);
  for (const name of ['A', 'B']) {
    const record = await client.subscribe(['x'], ['f'], { adapter: name }).active();
    await record.shows('x', { f: `of ${name}` });
  }
  // What no ARI carries: the answer to a message, and whose items they are.
  assert.equal(await client.send('hello').outcome(), 'processed you said hello');
  const adapters = metadata.requests.filter(({ kind }) => kind === 'get_item_data').map((one) => one.get_item_data.data_adapter);
  assert.deepEqual(adapters, ['A', 'B']);
  client.disconnect();
  await metadata.seen('NSC');
  await server.stop();
  assert.equal(await data[0].ended(), status.OK);
  assert.equal(data[0].goodbye.reason, 'the server is shutting down');
});

test('a value of each type becomes the text that the contract says', async () => {
  const { server, port } = await started();
  const adapter = await DataAdapter.start(port);
  const client = await Client.connected(server.url);
  const values = [
    [{ text: 'é' }, 'é'], [{ null: 'NULL_VALUE' }, null], [{ binary: Buffer.from([0x41, 0xe9, 0x00]) }, 'Aé\0'],
    [{ integer: '-9007199254740993' }, '-9007199254740993'], [{ number: 0.1 }, '0.1'], [{ number: 100000 }, '100000'],
    [{ number: 1e21 }, '1e+21'], [{ number: 1.5e-7 }, '1.5e-7'], [{ number: -0 }, '0'], [{ number: Infinity }, 'Infinity'],
    [{ number: 2 ** 60 }, '1152921504606847000'], [{ number: 123456789012345680000 }, '123456789012345680000'],
    [{ boolean: true }, 'true'], [{ boolean: false }, 'false'],
  ];
  const record = await client.subscribe(['x'], ['f'], { mode: 'RAW' }).active();
  await adapter.subscribed('x');
  adapter.burst(() => values.forEach(([value]) => adapter.update('x', { f: value })));
  await record.lists('x', 'f', values.map(([, text]) => text));
  for (const [value, text] of values) if (value.number !== undefined) assert.equal(String(value.number), text);
  // An event with nothing in a value, and one of a field without a name, are dropped; later ones are not.
  adapter.update('x', { f: {} });
  adapter.send({ events: { events: [{ subscription: adapter.active.get('x'), update: { fields: [{ field: 77, text: 'lost' }] } }] } });
  adapter.update('x', { f: 'last' });
  await record.lists('x', 'f', [...values.map(([, text]) => text), 'last']);
  client.disconnect();
  await server.stop();
  assert.equal(server.totals().malformed_lines, 2);
});

test('a token lets in, a wrong one does not, and none does not', async () => {
  const { server, port } = await started({ data: { auth: true, tokens: ['s3cret'], credentials: [{ user: 'u', password: 'pä' }] } });
  assert.equal(await refused(port, {}), status.UNAUTHENTICATED);
  assert.equal(await refused(port, { token: 's3cre' }), status.UNAUTHENTICATED);
  assert.equal(await refused(port, { rac: { user: 'u', password: 'p' } }), status.UNAUTHENTICATED);
  (await DataAdapter.start(port, { token: 's3cret', wait: false })).kill();
  const adapter = await DataAdapter.start(port, { rac: { user: 'u', password: 'pä' } });
  assert.deepEqual(adapter.initParams['data_provider.name'], 'DEFAULT');
  await server.stop();
  assert.equal(server.totals().credentials_refused, 3);
});

test('a certificate lets in for the adapters that its names are listed for', async () => {
  const settings = { ...files(authority.sign('server')), ca_file: authority.file, force_client_auth: true };
  const { server, port } = await started({ data: { tls: settings, certificate_names: ['feed.example'] } });
  const secure = ({ cert, key } = {}) => ({ target: 'localhost', secure: { ca: authority.pem, key, cert } });
  assert.equal(await refused(port, secure(authority.sign('other', { names: ['other.example'] }))), status.PERMISSION_DENIED);
  assert.equal(await refused(port, secure()), status.UNAVAILABLE);
  const adapter = await DataAdapter.start(port, { ...secure(authority.sign('feed', { names: ['feed.example'] })), snapshots: { x: { f: '1' } } });
  const client = await Client.connected(server.url);
  await (await client.subscribe(['x'], ['f']).active()).shows('x', { f: '1' });
  client.disconnect();
  adapter.kill();
  await server.stop();
});

test('a renewed certificate is shown after SIGHUP, one that is no good is not, and who is there stays', async () => {
  const own = { certificate_file: `${authority.dir}/live.pem`, key_file: `${authority.dir}/live.key` };
  const install = ({ cert, key }) => (fs.writeFileSync(own.certificate_file, cert), fs.writeFileSync(own.key_file, key));
  const made = (organization) => authority.sign(`of-${organization}`, { subject: `/O=${organization}/CN=localhost` });
  install(made('First'));
  const { server, port } = await started({ data: { tls: { ...own, reload_check_millis: 0 } } });
  const adapter = await DataAdapter.start(port, { target: 'localhost', secure: { ca: authority.pem }, snapshots: { x: { f: '1' } } });
  const seen = async () => {
    const socket = tls.connect({ port, host: 'localhost', ca: authority.pem, ALPNProtocols: ['h2'] });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    const { O } = socket.getPeerCertificate().subject;
    socket.destroy();
    return O;
  };
  assert.equal(await seen(), 'First');
  install(made('Second'));
  assert.equal(await seen(), 'First');
  server.signal('SIGHUP');
  await until('the new certificate', async () => (await seen()) === 'Second');
  install({ cert: made('Third').cert, key: made('Fourth').key });
  server.signal('SIGHUP');
  await until('the refusal in the log', () => server.log.includes('changed certificates are no good'));
  assert.equal(await seen(), 'Second');
  const client = await Client.connected(server.url);
  await (await client.subscribe(['x'], ['f']).active()).shows('x', { f: '1' });
  assert.equal(adapter.closed, false);
  client.disconnect();
  await server.stop();
});

test('health says whether an adapter may come', async () => {
  const { server, port, metadataPort } = await started({ metadata: {} });
  assert.equal(await health(metadataPort, 'metadata/DEMO'), 'serving');
  assert.notEqual(await health(port, 'data/DEMO/DEFAULT'), 'serving');
  assert.equal(await health(port, 'data/DEMO/OTHER'), status.NOT_FOUND);
  assert.equal(await refused(port, {}), status.UNAVAILABLE);
  await MetadataAdapter.start(metadataPort);
  await until('the data port to serve', async () => (await health(port, 'data/DEMO/DEFAULT')) === 'serving');
  await DataAdapter.start(port);
  await server.stop();
});

test('who says goodbye is replaced at once, and its last answers count', async () => {
  const { server, metadataPort } = await started({ metadata: {} });
  const leaving = await MetadataAdapter.start(metadataPort, { answers: { NUM: () => null } });
  await until('its role', () => leaving.roles.length > 0);
  const standby = await MetadataAdapter.start(metadataPort);
  await until('the roles', () => standby.roles.length > 0);
  assert.deepEqual([leaving.roles, standby.roles], [[true], [false]]);
  const client = await Client.connected(server.url);
  const message = client.send('late');
  const packet = await leaving.seen('NUM');
  leaving.leave();
  await until('the takeover', () => standby.roles.at(-1) === true);
  assert.equal(await client.send('next').outcome(), 'processed ');
  assert.equal(leaving.all('NUM').length, 1);
  leaving.reply(packet.id, 'NUM', 'S|in time');
  assert.equal(await message.outcome(), 'processed in time');
  assert.equal(await leaving.ended(), status.OK);
  client.disconnect();
  await server.stop();
  assert.doesNotMatch(server.log, /remote adapter lost/);
  assert.equal(server.totals().takeovers, 1);
});

test('a call without an answer in time is cancelled', async () => {
  const { server, metadataPort } = await started({ metadata: { timeout_millis: 1500 } });
  const metadata = await MetadataAdapter.start(metadataPort, { answers: { NUM: () => null } });
  const client = await Client.connected(server.url);
  const message = client.send('lost');
  const { id } = await metadata.seen('NUM');
  assert.equal(metadata.requests.find((one) => one.id === id).timeout_millis, 1500);
  assert.equal(await message.outcome(), 'error');
  await until('Cancel', () => metadata.cancelled.includes(id));
  metadata.reply(id, 'NUM', 'V');
  assert.equal(await Promise.resolve(client.status).then(() => metadata.closed), false);
  client.disconnect();
  await metadata.seen('NSC');
  await server.stop();
  assert.equal(server.totals().late_replies, 1);
});

test('a question is cancelled when its session has gone, a message is not', async () => {
  const { server, port, metadataPort } = await started({ metadata: {} });
  const metadata = await MetadataAdapter.start(metadataPort, { answers: { GIS: () => null, NUM: () => null } });
  await DataAdapter.start(port);
  const client = await Client.connected(server.url);
  client.subscribe(['x'], ['f']);
  client.send('still wanted');
  const [question, message] = [await metadata.seen('GIS'), await metadata.seen('NUM')];
  client.disconnect();
  await until('Cancel', () => metadata.cancelled.length > 0);
  await metadata.seen('NSC');
  assert.deepEqual(metadata.cancelled, [question.id]);
  metadata.reply(message.id, 'NUM', 'V');
  await server.stop();
  const { requests_cancelled, timeouts, late_replies } = server.totals();
  assert.deepEqual({ requests_cancelled, timeouts, late_replies }, { requests_cancelled: 1, timeouts: 0, late_replies: 0 });
});

test('who breaks the contract is told so, and others are not harmed', async () => {
  const { server, port } = await started({ data: { connection_recovery_timeout_millis: 0 } });
  assert.equal(await refused(port, { hello: { data_adapter: 'OTHER' } }), status.NOT_FOUND);
  assert.equal(await refused(port, { hello: { data_adapter: '' } }), status.INVALID_ARGUMENT);
  const early = await DataAdapter.start(port, { answerInit: false });
  early.send({ events: { events: [] } });
  assert.equal(await early.ended(), status.INVALID_ARGUMENT);
  const failing = await DataAdapter.start(port, { answerInit: false });
  failing.send({ init_failed: { kind: 'KIND_INIT', message: 'no feed' } });
  assert.equal(await failing.ended(), status.FAILED_PRECONDITION);
  const adapter = await DataAdapter.start(port, { snapshots: { x: { f: '1' } } });
  const client = await Client.connected(server.url);
  await (await client.subscribe(['x'], ['f']).active()).shows('x', { f: '1' });
  await never('another end', () => adapter.closed, 200);
  client.disconnect();
  await server.stop();
  assert.match(server.log, /no feed/);
  assert.equal(server.totals().connections_refused, 4);
});

test('who connects and says nothing is cut off', async () => {
  const { server, port } = await started();
  const socket = closeLater(net.connect(port, '127.0.0.1'), (one) => one.destroy());
  let closed = false;
  socket.on('close', () => (closed = true)).on('error', () => {}).resume();
  await until('the end', () => closed);
  await server.stop();
});

test('a cache that the adapter calls stale is asked for again', async () => {
  const { server, port, metadataPort } = await started({ metadata: {} });
  const metadata = await MetadataAdapter.start(metadataPort);
  await DataAdapter.start(port);
  const client = await Client.connected(server.url);
  const subscribe = async () => {
    const record = await client.subscribe(['x'], ['f']).active();
    client.unsubscribe(record);
    await record.ended();
  };
  await subscribe();
  await subscribe();
  assert.equal(metadata.all('GIT').length, 1);
  metadata.send({ invalidate_cache: {} });
  await until('another question', async () => (await subscribe(), metadata.all('GIT').length === 2));
  client.disconnect();
  await server.stop();
});
