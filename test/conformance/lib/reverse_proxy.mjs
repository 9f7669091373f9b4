// SPDX-License-Identifier: Apache-2.0
// Real reverse proxies in front of a server, with the configurations of conf/deploy in which only
// ports and paths are replaced.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { closeLater } from './cleanup.mjs';
import { freePort } from './ports.mjs';
import { connects } from './server.mjs';
import { until } from './wait.mjs';

const kRoot = fileURLToPath(new URL('../../..', import.meta.url));
const kScratch = path.join(kRoot, 'build', 'test');

function example(name, replacements) {
  let text = fs.readFileSync(path.join(kRoot, 'conf', 'deploy', name), 'utf8');
  for (const [from, to] of Object.entries(replacements)) {
    assert.ok(text.includes(from), `conf/deploy/${name} has no "${from}"`);
    text = text.replaceAll(from, to);
  }
  return text;
}

class ReverseProxy {
  log = '';
  #child = null;
  #running = false;

  constructor() {
    fs.mkdirSync(kScratch, { recursive: true });
    this.dir = fs.mkdtempSync(path.join(kScratch, 'proxy-'));
    closeLater(this, (one) => one.kill());
  }

  write(name, text) {
    fs.writeFileSync(path.join(this.dir, name), text);
  }
  async start() {
    const [program, ...args] = this.command;
    // Debian keeps them where only an administrator's PATH leads.
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
    const child = spawn(program, args, { cwd: this.dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#running = true;
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (this.log += text));
    child.on('error', (error) => (this.log += `${error}; tools/install-deps --tests installs it\n`));
    child.on('close', () => (this.#running = child !== this.#child && this.#running));
    await until(() => `${program} to listen; its log:\n${this.log}`, () => connects(this.port));
    return this;
  }
  signal(name) {
    this.#child.kill(name);
  }
  // Ends it at once, its connections too; it can be started again.
  async end() {
    this.signal('SIGTERM');
    await until('the proxy to end', () => !this.#running);
  }
  async stop() {
    await this.end();
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
  kill() {
    if (this.#running) this.signal('SIGTERM'); // its workers go with it; they would stay after a SIGKILL
  }
}

export class Nginx extends ReverseProxy {
  command = ['nginx', '-p', '.', '-c', 'main.conf', '-e', 'stderr'];

  // `certificate` has the paths { cert, key }.
  static async start(serverPort, certificate) {
    const nginx = new Nginx();
    nginx.port = await freePort();
    nginx.tlsPort = await freePort();
    nginx.url = `http://127.0.0.1:${nginx.port}`;
    nginx.tlsUrl = `https://127.0.0.1:${nginx.tlsPort}`;
    nginx.write('penstock.conf', example('nginx.conf', {
      '127.0.0.1:8080': `127.0.0.1:${serverPort}`,
      'listen 80;': `listen 127.0.0.1:${nginx.port};`,
      'listen 443 ssl': `listen 127.0.0.1:${nginx.tlsPort} ssl`,
      '/etc/ssl/certs/penstock.pem': certificate.cert,
      '/etc/ssl/private/penstock.key': certificate.key,
    }));
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `  ${kind}_temp_path ${kind};\n`).join('');
    const user = process.getuid() === 0 ? `user ${os.userInfo().username};\n` : '';
    nginx.write('main.conf',
      `daemon off;\npid nginx.pid;\nworker_processes 2;\nworker_shutdown_timeout 1s;\n${user}` +
      `events { worker_connections 512; }\nhttp {\n  access_log off;\n${temporary}  include penstock.conf;\n}\n`);
    return nginx.start();
  }
  // New workers; the old ones cut their connections a second later.
  reload() {
    this.signal('SIGHUP');
  }
}

export class HaProxy extends ReverseProxy {
  command = ['haproxy', '-W', '-db', '-f', 'global.cfg', '-f', 'haproxy.cfg'];

  // The server's ports for HTTP and for connections with a PROXY header of this version.
  static async start(serverPort, proxyProtocolPort, version = 2) {
    const haproxy = new HaProxy();
    haproxy.port = await freePort();
    haproxy.tcpPort = await freePort();
    haproxy.url = `http://127.0.0.1:${haproxy.port}`;
    haproxy.tcpUrl = `http://127.0.0.1:${haproxy.tcpPort}`;
    haproxy.write('global.cfg', 'global\n  maxconn 500\n  hard-stop-after 1s\n');
    haproxy.write('haproxy.cfg', example('haproxy.cfg', {
      '127.0.0.1:8080': `127.0.0.1:${serverPort}`,
      '127.0.0.1:8443': `127.0.0.1:${proxyProtocolPort}`,
      'bind :80': `bind 127.0.0.1:${haproxy.port}`,
      'bind :443': `bind 127.0.0.1:${haproxy.tcpPort}`,
      'send-proxy-v2': version === 2 ? 'send-proxy-v2' : 'send-proxy',
    }));
    return haproxy.start();
  }
  // A new worker; the old one cuts its connections a second later.
  reload() {
    this.signal('SIGUSR2');
  }
}
