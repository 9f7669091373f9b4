// SPDX-License-Identifier: Apache-2.0
// Certificates that change while the server runs: new handshakes see the new one, nobody is dropped,
// and what is no good is not taken.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, test } from 'node:test';
import tls from 'node:tls';

import { DataAdapter } from './lib/ari.mjs';
import { Authority } from './lib/certs.mjs';
import { closeLater } from './lib/cleanup.mjs';
import { adapterSet, Server } from './lib/server.mjs';
import { TlcpSocket } from './lib/tlcp_ws.mjs';
import { pause, until } from './lib/wait.mjs';
import { LightWebSocket } from './load/light_sockets.mjs';

const kSessions = Number(process.env.PENSTOCK_RELOAD_SESSIONS ?? 1000);

const authority = new Authority();
const stranger = new Authority('Nobody');
after(() => [authority, stranger].forEach((one) => one.remove()));

const kFile = `${authority.dir}/live.pem`;
const kKey = `${authority.dir}/live.key`;

// In one step, so that nobody reads a half.
function replace(file, bytes) {
  fs.writeFileSync(`${file}.new`, bytes);
  fs.renameSync(`${file}.new`, file);
}
// As a renewal does it.
function install({ cert, key }) {
  replace(kKey, key);
  replace(kFile, cert);
}
const made = (organization) => authority.sign(`of-${organization}`, { subject: `/O=${organization}/CN=localhost` });

async function seen(port) {
  const socket = closeLater(tls.connect({ port, host: '127.0.0.1', ca: authority.pem }), (one) => one.destroy());
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const { O } = socket.getPeerCertificate().subject;
  socket.destroy();
  return O;
}
const sees = (port, organization) => until(`handshakes with ${organization}`, async () => (await seen(port)) === organization);

async function started(settings = {}) {
  install(made('First'));
  const set = await adapterSet();
  const server = await Server.start({
    adapter_set: [set],
    server: { shards: 2 },
    log: { level: 'info' },
    listener: [{ tls: { certificates: [{ certificate_file: kFile, key_file: kKey }], reload_check_millis: 100, ...settings } }],
  });
  const adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { value: 'snapshot' } } });
  return { server, adapter, stop: async () => (adapter.kill(), server.stop()) };
}

test(`${kSessions} sessions stream on while the certificate changes`, async () => {
  const { server, adapter, stop } = await started();
  assert.equal(await seen(server.port), 'First');
  const clients = [];
  while (clients.length < kSessions) {
    const batch = Array.from({ length: Math.min(50, kSessions - clients.length) }, () => new LightWebSocket(server.port, ['a', 'b'], { ca: authority.pem }));
    clients.push(...batch.map((one) => closeLater(one, (it) => it.close())));
    await Promise.all(batch.map((one) => one.ready));
  }
  let wave = 0;
  const timer = closeLater(setInterval(() => {
    ++wave;
    for (const item of ['a', 'b']) adapter.update(item, { value: `w${wave}` });
  }, 200), clearInterval);
  for (const name of ['Second', 'Third']) {
    install(made(name));
    await sees(server.port, name);
  }
  await pause(500);
  clearInterval(timer);
  const behind = () => clients.filter((one) => one.last.some((value) => value !== `w${wave}`)).length;
  await until(() => `the last values; ${behind()} are behind`, () => behind() === 0);
  assert.deepEqual(clients.filter((one) => one.error).map((one) => one.error), []);
  clients.forEach((one) => one.close());
  await stop();
  assert.equal(server.totals().tls_reloads, 2);
  assert.ok(server.totals().tls_reloads_failed <= 2); // between the two files of a renewal, at worst
});

test('a bad new file leaves the old one in use, is logged once, and mended later', async () => {
  const { server, stop } = await started();
  const complaints = () => server.log.split('\n').filter((line) => line.includes('changed certificates are no good')).length;
  replace(kFile, 'no certificate at all\n');
  await until('the complaint', () => complaints() === 1);
  assert.equal(await seen(server.port), 'First');
  await pause(500);
  assert.equal(complaints(), 1);
  // Now the certificate is one again, but the key is another's.
  replace(kFile, stranger.sign('other').cert);
  await until('the complaint', () => complaints() === 2);
  assert.match(server.log, /does not belong to the certificate/);
  assert.equal(await seen(server.port), 'First');
  install(made('Mended'));
  await sees(server.port, 'Mended');
  await stop();
  // Between the two files of a renewal a check may come and find them at odds.
  assert.ok(server.totals().tls_reloads_failed >= 2);
  assert.equal(server.totals().tls_reloads, 1);
});

test('SIGHUP reads changed files at once; without it and a period nothing is read', async () => {
  const { server, stop } = await started({ reload_check_millis: 0 });
  install(made('Second'));
  await pause(500);
  assert.equal(await seen(server.port), 'First');
  server.signal('SIGHUP');
  await sees(server.port, 'Second');
  await stop();
  assert.equal(server.totals().tls_reloads, 1);
});

test('tickets outlive a reload', async () => {
  const { server, stop } = await started();
  let session = null;
  const first = closeLater(tls.connect({ port: server.port, host: '127.0.0.1', ca: authority.pem }), (one) => one.destroy());
  first.on('session', (bytes) => (session = bytes)).on('error', () => {});
  first.write('GET /lightstreamer/healthcheck HTTP/1.1\r\nHost: x\r\n\r\n');
  await until('a session', () => session);
  install(made('Second'));
  await sees(server.port, 'Second');
  const again = await TlcpSocket.session(server.port, { secure: { ca: authority.pem, session } });
  assert.equal(again.raw._socket.isSessionReused(), true);
  again.terminate();
  await stop();
});
