// SPDX-License-Identifier: Apache-2.0
// A6: who is let in with `auth`. Nothing is asked of a remote adapter before its credentials are right;
// wrong ones are told, counted and slowed down, and hold up nobody else.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';

import { DataAdapter } from './lib/ari.mjs';
import { closeLater } from './lib/cleanup.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { never, until } from './lib/wait.mjs';

const kRight = { user: 'me', password: 'pa ss+ü' };
const credentials = [{ user: 'other', password: 'one' }, kRight];

async function started(data = {}, settings = {}) {
  const set = await adapterSet({ data: [{ name: 'DEFAULT', auth: true, credentials, ...data }] });
  const server = await Server.start({ adapter_set: [set], ...settings });
  return { server, port: set.data_adapter[0].request_reply_port, notifyPort: set.data_adapter[0].notify_port };
}

// Connects, sends `lines`, and gives what came until the connection was closed.
function said(port, lines, { from } = {}) {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = closeLater(net.connect({ port, host: '127.0.0.1', localAddress: from }, () => socket.write(lines)), (one) => one.destroy());
    socket.setEncoding('utf8').on('data', (more) => (text += more)).on('end', () => socket.end()).on('close', () => resolve(text)).on('error', reject);
  });
}
const kWrong = '0|CLOSE|S|reason|S|wrong+credentials\r\n';
const kClose = '|S|enableClosePacket|S|true';

const kCases = {
  'wrong password': `1|RAC|S|user|S|me|S|password|S|no${kClose}\r\n`,
  'wrong user': `1|RAC|S|user|S|you|S|password|S|pa+ss%2B%C3%BC${kClose}\r\n`,
  "another's password": `1|RAC|S|user|S|me|S|password|S|one${kClose}\r\n`,
  'user only': `1|RAC|S|user|S|me${kClose}\r\n`,
  'password only': `1|RAC|S|password|S|one${kClose}\r\n`,
  'neither': `1|RAC${kClose}\r\n`,
  'null password': `1|RAC|S|user|S|me|S|password|S|#${kClose}\r\n`,
  'empty password': `1|RAC|S|user|S|me|S|password|S|$${kClose}\r\n`,
  'malformed RAC': '1|RAC|S|user\r\n',
  'RAC after another packet': `5|DPI|S|ARI.version|S|1.9.1\r\n1|RAC|S|user|S|me|S|password|S|pa+ss%2B%C3%BC${kClose}\r\n`,
  'a notification instead': '0|FAL|E|boom\r\n',
};

test('A6: partial, wrong, late or no credentials: CLOSE, and never DPI', async () => {
  const { server, port } = await started();
  for (const [name, lines] of Object.entries(kCases)) assert.equal(await said(port, lines), kWrong, name);
  await server.stop();
  assert.equal(server.totals().credentials_refused, Object.keys(kCases).length);
  assert.match(server.log, /wrong credentials of a remote adapter" .*user=me/);
  for (const secret of ['pa ss', 'pa+ss']) assert.ok(!server.log.includes(secret), 'no password in the log');
});

test('A6: KEEPALIVE may come first; DPI follows right credentials only, and a second RAC is an error', async () => {
  const { server, port } = await started();
  const adapter = new DataAdapter({ rac: null });
  await adapter.connect(port);
  adapter.socket.write('KEEPALIVE\r\n\r\nKEEPALIVE\n');
  await never('DPI', () => adapter.initParams, 300);
  adapter.rac = kRight;
  adapter.socket.write(adapter.greeting('1'));
  await adapter.ready();
  await until('ready', () => /remote adapter ready" .*user=me/.test(server.log));
  adapter.socket.write(adapter.greeting('1'));
  await until('the end', () => adapter.closed);
  await server.stop();
});

test('A6: each connection of a remote adapter with two has to show them', async () => {
  const { server, port, notifyPort } = await started({ notify_port: true });
  const adapter = new DataAdapter({ rac: kRight });
  await adapter.connect(port);
  assert.equal(await said(notifyPort, kCases['wrong password']), kWrong);
  await never('DPI', () => adapter.initParams, 300);
  adapter.notify = await adapter.open(notifyPort);
  adapter.notify.write(adapter.greeting(String(Date.now())));
  await adapter.ready();
  adapter.kill();
  await server.stop();
});

test('A6: silent strangers are cut off in time and keep nobody out', async () => {
  const { server, port } = await started();
  const begun = Date.now();
  const ends = [];
  for (let i = 0; i < 40; ++i) {
    const socket = closeLater(net.connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (i % 4)}` }), (one) => one.destroy());
    socket.resume().on('error', () => {}).on('end', () => ends.push(Date.now() - begun));
  }
  const adapter = await DataAdapter.start(port, { rac: kRight });
  await until('all ends', () => ends.length === 40);
  assert.ok(ends.some((millis) => millis > 9000));
  assert.equal(adapter.closed, false);
  adapter.kill();
  await server.stop();
});

test('who guesses is turned away for longer and longer; other addresses notice nothing', async () => {
  const { server, port } = await started({}, { limits: { trusted_addresses: [], login_failures: 3, login_delay_max_millis: 60000 } });
  const wrong = kCases['wrong password'];
  for (let i = 0; i < 2; ++i) assert.equal(await said(port, wrong, { from: '127.0.0.2' }), kWrong);
  const begun = Date.now();
  assert.equal(await said(port, wrong, { from: '127.0.0.2' }), kWrong);
  const right = `1|RAC|S|user|S|me|S|password|S|pa+ss%2B%C3%BC${kClose}\r\n`;
  assert.equal(await said(port, right, { from: '127.0.0.2' }), '0|CLOSE|S|reason|S|too+many+wrong+credentials%2C+try+again+later\r\n');
  const adapter = await DataAdapter.start(port, { rac: kRight, from: '127.0.0.3', wait: false });
  await until('DPI or the end', () => adapter.initParams !== null || adapter.closed);
  assert.notEqual(adapter.initParams, null, 'at once');
  adapter.kill();
  const waited = await until('another guess to be judged', async () => (await said(port, wrong, { from: '127.0.0.2' })) === kWrong && Date.now() - begun, undefined, 50);
  assert.ok(waited >= 1000, `${waited} ms`);
  assert.match(await said(port, wrong, { from: '127.0.0.2' }), /too\+many/);
  await server.stop();
});

test('a trusted address may err as often as it likes', async () => {
  const { server, port } = await started({}, { limits: { login_failures: 1 } });
  for (let i = 0; i < 20; ++i) assert.equal(await said(port, kCases['wrong password']), kWrong);
  await server.stop();
  // A flood of refusals is told in a few lines.
  assert.ok(server.log.match(/connection of a remote adapter refused/g).length <= 10);
});
