// SPDX-License-Identifier: Apache-2.0
// gzip: who gets it, who does not, and that it holds nothing back.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import zlib from 'node:zlib';

import { DataAdapter } from './lib/ari.mjs';
import { closeLater } from './lib/cleanup.mjs';
import { control, HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { adapterSet, scratchDir, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { until } from './lib/wait.mjs';

const dir = scratchDir();
const kPage = 'let a = 1;\n'.repeat(1000);
fs.writeFileSync(path.join(dir, 'long.js'), kPage);
fs.writeFileSync(path.join(dir, 'short.js'), 'let a;');
fs.writeFileSync(path.join(dir, 'picture.png'), zlib.gzipSync(Buffer.from(kPage)).subarray(0, 5000));

class House {
  static async start(compression) {
    const house = new House();
    const set = await adapterSet();
    house.server = await Server.start({ adapter_set: [set], pages: { dir }, http: { compression, compression_threshold_bytes: 1024 } });
    house.adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: '0' } } });
    return house;
  }
  async stop() {
    this.adapter.kill();
    await this.server.stop();
  }

  // A request by a library that does not decode: { headers, status, raw, body } at the end of the response, or
  // at its head with `stream`, whose `text` grows as far as the bytes so far can be decoded.
  ask(target, { method = 'GET', body, headers = { 'Accept-Encoding': 'gzip' }, stream = false } = {}) {
    return new Promise((resolve, reject) => {
      const request = http.request({ port: this.server.port, host: '127.0.0.1', path: target, method, headers, agent: false }, (response) => {
        const got = { status: response.statusCode, headers: response.headers, raw: 0, text: '', pieces: [], done: false };
        const encoded = response.headers['content-encoding'] === 'gzip' && method !== 'HEAD';
        const decoder = encoded ? zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH }) : null;
        decoder?.on('data', (data) => (got.text += data)).on('error', reject);
        response.on('data', (data) => {
          got.raw += data.length;
          if (decoder) decoder.write(data);
          else got.text += data;
        });
        response.on('end', () => {
          const end = () => ((got.done = true), resolve(got));
          if (decoder) decoder.once('end', end).end();
          else end();
        });
        if (stream) resolve(got);
      });
      request.on('error', (error) => (stream ? null : reject(error)));
      closeLater(request, (one) => one.destroy());
      request.end(body);
    });
  }
  async stream(params = '', headers = undefined) {
    const body = `${kCid}&LS_adapter_set=DEMO&LS_send_sync=false${params}`;
    const stream = await this.ask('/lightstreamer/create_session.txt?LS_protocol=TLCP-2.5.0', { method: 'POST', body, stream: true, ...(headers && { headers }) });
    await until('CONOK', () => stream.text.includes('CONS,'));
    stream.sessionId = /CONOK,([^,]*)/.exec(stream.text)[1];
    return stream;
  }
  async subscribe(stream, item) {
    const answer = await control(this.server.port, stream.sessionId, `LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=${item}&LS_schema=a&LS_snapshot=true`);
    assert.deepEqual(answer, ['REQOK,1']);
    await until('the snapshot', () => stream.text.includes('U,1,1,0\r\n'));
  }
}

let on;
let auto;
let off;
before(async () => ([on, auto, off] = await Promise.all([House.start('on'), House.start('auto'), House.start('off')])));
after(async () => {
  for (const house of [on, auto, off]) await house?.stop();
  fs.rmSync(dir, { recursive: true, force: true });
});

test('a long page goes out as gzip to whom takes it, with headers for caches', async () => {
  for (const house of [on, auto]) {
    const page = await house.ask('/long.js');
    assert.equal(page.headers['content-encoding'], 'gzip');
    assert.equal(page.headers.vary, 'Accept-Encoding');
    assert.equal(Number(page.headers['content-length']), page.raw);
    assert.ok(page.raw < kPage.length / 10, `${page.raw} bytes`);
    assert.equal(page.text, kPage);
    const known = await house.ask('/long.js', { headers: { 'Accept-Encoding': 'gzip', 'If-None-Match': page.headers.etag } });
    assert.equal(known.status, 304);
    const head = await house.ask('/long.js', { method: 'HEAD' });
    assert.equal(head.headers['content-length'], page.headers['content-length']);
  }
});

test('who does not take it gets the plain page, which caches keep apart', async () => {
  for (const accepts of [undefined, 'br', 'identity', 'gzip;q=0', 'gzip;q=0.1, identity', '*;q=0']) {
    const page = await auto.ask('/long.js', { headers: accepts === undefined ? {} : { 'Accept-Encoding': accepts } });
    assert.equal(page.headers['content-encoding'], undefined, accepts);
    assert.equal(page.headers.vary, 'Accept-Encoding');
    assert.equal(page.text, kPage);
  }
  for (const accepts of ['br, gzip', '*', 'identity;q=0.5, gzip', 'GZIP;q=0.9']) {
    assert.equal((await auto.ask('/long.js', { headers: { 'Accept-Encoding': accepts } })).headers['content-encoding'], 'gzip', accepts);
  }
});

test('what is short, or compressed as it is, goes out as it is', async () => {
  for (const target of ['/short.js', '/picture.png', '/lightstreamer/healthcheck']) {
    assert.equal((await on.ask(target)).headers['content-encoding'], undefined, target);
  }
});

test('off: nothing is compressed', async () => {
  const page = await off.ask('/long.js');
  assert.equal(page.headers['content-encoding'], undefined);
  assert.equal(page.headers.vary, undefined);
  assert.equal(page.text, kPage);
  const stream = await off.stream();
  assert.equal(stream.headers['content-encoding'], undefined);
});

test('a poll with much to say is compressed, one with little is not', async () => {
  const kLong = 'many words, many words, '.repeat(500);
  const poll = (id, first) => auto.ask(`/lightstreamer/${first ? 'create' : 'bind'}_session.txt?LS_protocol=TLCP-2.5.0`, {
    method: 'POST',
    body: `${first ? `${kCid}&LS_adapter_set=DEMO` : `LS_session=${id}`}&LS_polling=true&LS_polling_millis=5000&LS_idle_millis=${first ? 0 : 5000}`,
  });
  const created = await poll('', true);
  assert.equal(created.headers['content-encoding'], undefined);
  const id = /CONOK,([^,]*)/.exec(created.text)[1];
  await control(auto.server.port, id, 'LS_reqId=1&LS_op=add&LS_subId=1&LS_mode=MERGE&LS_group=polled&LS_schema=a&LS_snapshot=true');
  await auto.adapter.subscribed('polled');
  auto.adapter.update('polled', { a: kLong });
  let said = '';
  await until('the long value', async () => {
    const answer = await poll(id, false);
    said += answer.text;
    if (!answer.text.includes(kLong)) return false;
    assert.equal(answer.headers['content-encoding'], 'gzip');
    assert.equal(Number(answer.headers['content-length']), answer.raw);
    assert.ok(answer.raw < 1000, `${answer.raw} bytes`);
    return true;
  });
});

test('a long answer to control requests is compressed', async () => {
  const lines = Array.from({ length: 100 }, (_, i) => `LS_reqId=${i}&LS_op=destroy&LS_session=none`).join('\r\n');
  const answer = await auto.ask('/lightstreamer/control.txt?LS_protocol=TLCP-2.5.0', { method: 'POST', body: lines });
  assert.equal(answer.headers['content-encoding'], 'gzip');
  assert.equal(answer.text.match(/REQERR,/g).length, 100);
});

test('on: a stream is compressed, and each update can be read when it comes', async () => {
  const stream = await on.stream();
  assert.equal(stream.headers['content-encoding'], 'gzip');
  assert.match(stream.headers.vary, /Accept-Encoding/);
  await on.subscribe(stream, 'streamed');
  for (let i = 1; i <= 200; ++i) {
    on.adapter.update('streamed', { a: `value number ${i} of the stream` });
    await until(`update ${i}`, () => stream.text.includes(`U,1,1,value number ${i} of the stream\r\n`), undefined, 1);
  }
  assert.ok(stream.raw < stream.text.length * 0.7, `${stream.raw} bytes for ${stream.text.length}`);
  await control(on.server.port, stream.sessionId, 'LS_reqId=9&LS_op=destroy');
  await until('the end of the response', () => stream.done);
  assert.match(stream.text, /END,31,[^\r]*\r\n$/);
});

test('on: the content length counts what is said, not what is sent', async () => {
  const kBudget = 3000;
  const stream = await on.stream(`&LS_content_length=${kBudget}`);
  assert.equal(stream.headers['content-encoding'], 'gzip');
  await on.subscribe(stream, 'counted');
  for (let i = 1; i <= 60 && !stream.done; ++i) {
    on.adapter.update('counted', { a: `${i} ${'x'.repeat(90)}` });
    await until(`update ${i}, or the end`, () => stream.done || stream.text.includes(`U,1,1,${i} `), undefined, 1);
  }
  await until('the end', () => stream.done);
  assert.match(stream.text, /LOOP,0\r\n$/);
  assert.ok(stream.text.length <= kBudget && stream.text.length > kBudget - 200, `${stream.text.length}`);
  assert.ok(stream.raw < kBudget);
});

test('auto: a stream goes out as it is', async () => {
  assert.equal((await auto.stream()).headers['content-encoding'], undefined);
});

test('on: HTTP/1.0 and clients that take no gzip get a plain stream', async () => {
  assert.equal((await on.stream('', {})).headers['content-encoding'], undefined);
  const old = await HttpConnection.open(on.server.port);
  const body = `${kCid}&LS_adapter_set=DEMO`;
  old.write(`POST /lightstreamer/create_session.txt?LS_protocol=TLCP-2.5.0 HTTP/1.0\r\nAccept-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await old.next('CONOK');
});

test('on: a WebSocket is never compressed', async () => {
  const socket = await TlcpSocket.session(on.server.port, { headers: { 'Accept-Encoding': 'gzip' } });
  await socket.subscribe(1, 'socket', 'a');
  on.adapter.update('socket', { a: 'x'.repeat(5000) });
  await socket.next(/^U,1,1,x{5000}$/);
});

test('the totals tell what was saved', async () => {
  const house = await House.start('auto');
  await house.ask('/long.js');
  await house.stop();
  const totals = house.server.log.split('\n').filter((line) => line.includes('shard totals'));
  const sum = (name) => totals.reduce((all, line) => all + Number(new RegExp(` ${name}=(\\d+)`).exec(line)[1]), 0);
  assert.equal(sum('compressed'), 1);
  assert.ok(sum('compressed_bytes_saved') > 9000);
});
