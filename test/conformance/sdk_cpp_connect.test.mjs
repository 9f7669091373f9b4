// SPDX-License-Identifier: Apache-2.0
// How adapters of the C++ SDK and the server come together: in clear and over TLS, whichever of the
// two dials, with credentials and certificates that are good and that are not.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Authority, files } from './lib/certs.mjs';
import { Client } from './lib/client.mjs';
import { CppAdapter } from './lib/cpp_adapter.mjs';
import { freePort } from './lib/ports.mjs';
import { Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

let good; // signs for servers and adapters
let other; // nobody has heard of it
let certificates;

before(() => {
  good = new Authority('Good CA');
  other = new Authority('Other CA');
  certificates = {
    server: good.sign('server'),
    elsewhere: good.sign('elsewhere', { names: ['elsewhere.test'] }),
    expired: good.sign('expired', { days: -1 }),
    adapter: good.sign('adapter', { subject: '/CN=adapter' }),
    stranger: other.sign('stranger', { subject: '/CN=stranger' }),
  };
});
after(() => {
  good?.remove();
  other?.remove();
});

// A server with one Data Adapter, for whom it waits on a free port, or whom it dials if `settings`
// have a remote_host.
async function serve(settings = {}) {
  const port = await freePort();
  const server = await Server.start({
    adapter_set: [{ id: 'DEMO', data_adapter: [{ name: 'HOSTMONITOR', request_reply_port: port, connection_recovery_timeout_millis: 100, ...settings }] }],
  });
  return { server, port };
}
const dials = (port, settings = {}) => serve({ remote_host: `127.0.0.1:${port}`, connection_retry_millis: 100, ...settings });

async function seesData(server) {
  const client = await Client.connected(server.url);
  const record = client.subscribe(['memory'], ['total'], { adapter: 'HOSTMONITOR' });
  await until(() => `a value; the server's log:\n${server.log.slice(-3000)}`, () => Number(record.last('memory')?.total) > 0);
  client.client.disconnect();
}

const trusts = (...more) => ['--ca', good.file, ...more];
const shows = ({ certificate_file, key_file }) => ['--certificate', certificate_file, '--key', key_file];

describe('the adapter dials', () => {
  test('in clear', async () => {
    const { server, port } = await serve();
    const adapter = CppAdapter.hostmonitor([`tcp://127.0.0.1:${port}`]);
    await adapter.ready();
    await seesData(server);
    await adapter.stop();
    await server.stop();
  });

  test('over TLS', async () => {
    const { server, port } = await serve({ tls: files(certificates.server) });
    const adapter = CppAdapter.hostmonitor([`tls://localhost:${port}`], { args: trusts() });
    await adapter.ready();
    await seesData(server);
    await adapter.stop();
    await server.stop();
  });

  test('over TLS on two connections', async () => {
    const notify_port = await freePort();
    const { server, port } = await serve({ tls: files(certificates.server), notify_port });
    const adapter = CppAdapter.hostmonitor([`tls://localhost:${port}?notify=${notify_port}`], { args: trusts() });
    await adapter.ready();
    await seesData(server);
    await adapter.stop();
    await server.stop();
  });

  for (const [what, certificate, args, reason] of [
    ['of an authority it does not know', 'stranger', trusts, 'unable to get local issuer certificate'],
    ['for another host', 'elsewhere', trusts, 'hostname mismatch'],
    ['that has expired', 'expired', trusts, 'certificate has expired'],
  ]) {
    test(`and takes no certificate ${what}`, async () => {
      const { server, port } = await serve({ tls: files(certificates[certificate]) });
      const adapter = CppAdapter.hostmonitor([`tls://localhost:${port}`], { args: args() });
      await adapter.says(`the certificate of "localhost" is not accepted: ${reason}`, 2);
      assert.doesNotMatch(adapter.log, /ready/);
      await adapter.stop();
      await server.stop();
    });
  }

  test('and shows its certificate', async () => {
    const { server, port } = await serve({ tls: { ...files(certificates.server), ca_file: good.file, force_client_auth: true } });
    const endpoint = [`tls://localhost:${port}`];
    const without = CppAdapter.hostmonitor(endpoint, { args: trusts() });
    await without.says('no connection: ', 2);
    const stranger = CppAdapter.hostmonitor(endpoint, { args: trusts(...shows(certificates.stranger)) });
    await stranger.says('no connection: ', 2);
    for (const one of [without, stranger]) {
      assert.doesNotMatch(one.log, /ready/);
      await one.stop();
    }
    const adapter = CppAdapter.hostmonitor(endpoint, { args: trusts(...shows(certificates.adapter)) });
    await adapter.ready();
    await seesData(server);
    await adapter.stop();
    await server.stop();
  });

  test('A6: with credentials; the server says why it takes no others', async () => {
    const { server, port } = await serve({ auth: true, credentials: [{ user: 'feed', password: 'secret' }] });
    const password = path.join(good.dir, 'password');
    fs.writeFileSync(password, 'wrong\n');
    const args = ['--user', 'feed', '--password-file', password];
    const wrong = CppAdapter.hostmonitor([`tcp://127.0.0.1:${port}`], { args });
    await wrong.says('no connection: wrong credentials', 2);
    await wrong.stop();
    fs.writeFileSync(password, 'secret\n');
    const right = CppAdapter.hostmonitor([`tcp://127.0.0.1:${port}`], { args });
    await right.ready();
    await seesData(server);
    for (const log of [wrong.log, right.log, server.log]) assert.doesNotMatch(log, /wrong\n|secret/);
    await right.stop();
    await server.stop();
  });
});

describe('the server dials', () => {
  test('in clear, and again when one of the two was away', async () => {
    const port = await freePort();
    const adapter = CppAdapter.hostmonitor([`tcp-listen://:${port}`]);
    const first = await dials(port);
    await adapter.ready();
    await seesData(first.server);
    first.server.signal('SIGKILL');
    await first.server.ended();

    const second = await dials(port);
    await adapter.ready(2);
    await seesData(second.server);
    await adapter.kill();
    const again = CppAdapter.hostmonitor([`tcp-listen://127.0.0.1:${port}`]);
    await again.ready();
    await seesData(second.server);
    await again.stop();
    await second.server.stop();
  });

  test('over TLS, and each checks the other', async () => {
    const args = trusts(...shows(certificates.server));
    const adapter = CppAdapter.hostmonitor(['tls-listen://:0'], { args });
    const port = await adapter.port();
    // A certificate is asked for, and this one has none.
    const nobody = await dials(port, { remote_host: `localhost:${port}`, tls: { ca_file: good.file } });
    await adapter.says('turned away 127.0.0.1:\\d+: TLS: peer did not return a certificate');
    await nobody.server.stop();

    const { server } = await dials(port, { remote_host: `localhost:${port}`, tls: { ...files(certificates.adapter), ca_file: good.file } });
    await adapter.ready();
    await seesData(server);
    await adapter.stop();
    await server.stop();
  });

  test('over TLS, and takes no adapter with the certificate of another host', async () => {
    const adapter = CppAdapter.hostmonitor(['tls-listen://:0'], { args: shows(certificates.elsewhere) });
    const port = await adapter.port();
    const { server } = await dials(port, { remote_host: `localhost:${port}`, tls: { ca_file: good.file } });
    await until(() => `the server to say why; its log:\n${server.log}`, () => /[Hh]ostname mismatch/.test(server.log));
    assert.doesNotMatch(adapter.log, /ready/);
    await adapter.stop();
    await server.stop();
  });

  test('and a second one is turned away while the first is connected', async () => {
    const adapter = CppAdapter.hostmonitor(['tcp-listen://:0']);
    const port = await adapter.port();
    const first = await dials(port);
    await adapter.ready();
    const second = await dials(port);
    await adapter.says('turned away 127.0.0.1:\\d+: another server is connected');
    await seesData(first.server);
    first.server.signal('SIGKILL');
    await first.server.ended();
    await adapter.ready(2);
    await seesData(second.server);
    await adapter.stop();
    await second.server.stop();
  });
});

test('one adapter dials one server and waits for another', async () => {
  const first = await serve();
  const adapter = CppAdapter.hostmonitor([`tcp://127.0.0.1:${first.port}`, 'tcp-listen://:0']);
  const second = await dials(await adapter.port());
  await adapter.ready(2);
  await seesData(first.server);
  await seesData(second.server);
  await adapter.stop();
  await first.server.stop();
  await second.server.stop();
});
