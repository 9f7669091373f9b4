// SPDX-License-Identifier: Apache-2.0
// Adapters over gRPC that leave with questions open, or do what no adapter does, and strangers.
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import net from 'node:net';
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

// HTTP/2 frame by frame, for what would be too much for node's own client: it dies, now and then, of
// streams that both sides reset at the same time.
class Frames {
  #received = Buffer.alloc(0);
  #settings = 0; // sent
  #acknowledged = 0;
  #stream = -1;

  static async open(port) {
    const frames = new Frames();
    frames.socket = closeLater(net.connect(port, '127.0.0.1'), (one) => one.destroy());
    frames.socket.on('data', (bytes) => frames.#take(bytes)).on('error', () => {});
    frames.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    await frames.read();
    return frames;
  }
  #send(type, flags, stream, payload) {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    this.socket.write(Buffer.concat([head, payload]));
  }
  #take(bytes) {
    this.#received = Buffer.concat([this.#received, bytes]);
    for (;;) {
      const end = this.#received.length < 9 ? Infinity : 9 + this.#received.readUIntBE(0, 3);
      if (this.#received.length < end) return;
      const [type, flags] = this.#received.subarray(3, 5);
      if (type === 4 && flags === 0) this.#send(4, 1, 0, Buffer.alloc(0));
      if (type === 6 && flags === 0) this.#send(6, 1, 0, this.#received.subarray(9, end));
      if (type === 4 && flags === 1) ++this.#acknowledged;
      this.#received = this.#received.subarray(end);
    }
  }
  // A call that is cancelled at once.
  cancelled(method) {
    const text = (one) => Buffer.concat([Buffer.from([one.length]), Buffer.from(one)]);
    const headers = { ':method': 'POST', ':scheme': 'http', ':path': `/penstock.adapter.v1.AdapterService/${method}`, ':authority': 'localhost', 'content-type': 'application/grpc', te: 'trailers' };
    this.#stream += 2;
    this.#send(1, 4, this.#stream, Buffer.concat(Object.entries(headers).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)])));
    this.#send(3, 0, this.#stream, Buffer.from([0, 0, 0, 8])); // CANCEL
  }
  // Until the server has read all of it, and new settings behind it. (Of pings gRPC takes few.)
  async read() {
    this.#send(4, 0, 0, Buffer.alloc(0));
    ++this.#settings;
    await until('the settings to be acknowledged', () => this.#acknowledged === this.#settings);
  }
}

test('methods that are none here, cancelled at once, harm nobody', async () => {
  const { server, port } = await started();
  const frames = await Frames.open(port);
  for (let round = 0; round < 20; ++round) {
    for (let i = 0; i < 50; ++i) frames.cancelled('None');
    await frames.read();
  }
  assert.equal(Number((await silent(connected(port), 'None').told)['grpc-status']), status.UNIMPLEMENTED);
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
