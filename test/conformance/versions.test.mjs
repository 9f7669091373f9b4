// SPDX-License-Identifier: Apache-2.0
// The versions of the client protocol: each is spoken to in its own words, newer ones are told so.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DataAdapter, MetadataAdapter } from './lib/ari.mjs';
import { HttpConnection } from './lib/http.mjs';
import { kCid } from './lib/lines.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';

const kVersions = ['2.0.0', '2.1.0', '2.2.0', '2.3.0', '2.4.0', '2.5.0'];
const kLong = (n) => `{"text":"${'x'.repeat(200)}","n":${n}}`;

let server;
let metadata;
let data;
before(async () => {
  const set = await adapterSet({ metadata: {} });
  server = await Server.start({ adapter_set: [set], delivery: { default_diff_order: ['jsonpatch'] } });
  metadata = await MetadataAdapter.start(set.metadata_adapter.request_reply_port);
  data = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { a: kLong(1) } } });
});
after(async () => {
  metadata?.kill();
  data?.kill();
  await server?.stop();
});

async function httpLines(name, version, body, query = '') {
  const http = await HttpConnection.open(server.port);
  http.write(
    `POST /lightstreamer/${name}.txt?LS_protocol=TLCP-${version}${query} HTTP/1.1\r\nHost: localhost\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const response = await http.response();
  http.destroy();
  assert.equal(response.status, 200);
  return response.body.split('\r\n').filter(Boolean);
}

for (const version of kVersions) {
  const number = Number(version.split('.')[1]);
  test(`TLCP ${version}: outcomes of messages, differences, recovery`, async () => {
    const socket = await TlcpSocket.session(server.port, { protocol: `TLCP-${version}.lightstreamer.com` });
    assert.equal(socket.raw.protocol, `TLCP-${version}.lightstreamer.com`);
    socket.send('msg\r\nLS_reqId=1&LS_message=hello&LS_msg_prog=1');
    const done = await socket.next('MSGDONE');
    assert.equal(done.split(',').length, number >= 5 ? 4 : 3, done);
    const item = `diff-${number}`;
    await socket.subscribe(1, item, 'a');
    await socket.next(/^U,1,1,/);
    data.update(item, { a: kLong(2) });
    const update = await socket.next(/^U,1,1,.*"n.?:|^U,1,1,\^P/);
    assert.equal(update.includes('^P'), number >= 4, update);
    socket.terminate();
    const again = await httpLines('bind_session', version, `LS_session=${socket.sessionId}&LS_recovery_from=3&LS_polling=true&LS_polling_millis=0`);
    assert.ok(again.includes('PROG,3'), again.join('\n'));
    assert.ok(again.includes(update), again.join('\n'));
  });

  test(`TLCP ${version} over HTTP`, async () => {
    const lines = await httpLines('create_session', version, `${kCid}&LS_adapter_set=DEMO&LS_polling=true&LS_polling_millis=0`);
    assert.match(lines[0], /^CONOK,/);
  });
}

for (const version of ['2.6.0', '3.0.0', '1.0.0']) {
  test(`TLCP ${version} is no version that is known: 65 where the client looks`, async () => {
    const body = `${kCid}&LS_adapter_set=DEMO&LS_polling=true&LS_polling_millis=0`;
    assert.match((await httpLines('create_session', version, body))[0], /^CONERR,65,/);
    assert.match((await httpLines('bind_session', version, 'LS_session=S1'))[0], /^CONERR,65,/);
    const refused = await httpLines('control', version, 'LS_reqId=1&LS_op=destroy', '&LS_session=S1');
    assert.match(refused[0], /^(REQERR,1|ERROR),65,/);
    const socket = await TlcpSocket.open(server.port, { protocol: `TLCP-${version}.lightstreamer.com` });
    assert.equal(socket.raw.protocol, `TLCP-${version}.lightstreamer.com`);
    socket.send('wsok');
    await socket.next('WSOK');
    socket.send(`create_session\r\n${body}`);
    assert.match(await socket.next(/^CON/), /^CONERR,65,/);
    socket.terminate();
  });
}

test('a session of one version is bound by another of the family', async () => {
  const socket = await TlcpSocket.session(server.port, { protocol: 'TLCP-2.1.0.lightstreamer.com' });
  socket.terminate();
  const lines = await httpLines('bind_session', '2.5.0', `LS_session=${socket.sessionId}&LS_polling=true&LS_polling_millis=0`);
  assert.match(lines[0], /^CONOK,/);
});
