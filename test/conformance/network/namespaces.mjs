// SPDX-License-Identifier: Apache-2.0
// Machines of a test: network namespaces with cables between them, made with util-linux and iproute2.
// Each lives as long as a process that holds it, which ends with this one, so nothing stays behind.
// An administrator may make them as they are, anybody else within a user namespace of their own,
// where the system allows that.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';

import { closeLater } from '../lib/cleanup.mjs';
import { until } from '../lib/wait.mjs';

const kPatienceMillis = 20000;

function run(command, input) {
  return spawnSync(command[0], command.slice(1), { encoding: 'utf8', input, timeout: kPatienceMillis });
}

function must(command, input) {
  const { status, error, stdout, stderr } = run(command, input);
  assert.equal(status, 0, `${command.join(' ')}: ${error ?? stderr}`);
  return stdout;
}

const works = (...command) => run(command).status === 0;

// Why a test with namespaces cannot be run here, or false.
export function namespacesMissing() {
  if (!works('unshare', '-n', 'true') && !works('unshare', '-rn', 'true')) return 'this system lets us make no network namespace';
  if (!works('ip', '-V')) return 'there is no ip command (package iproute2)';
  if (!works('nft', '-v')) return 'there is no nft command (package nftables)';
  return false;
}

export class Namespaces {
  #asRoot = works('unshare', '-n', 'true');
  #first = null; // whose user namespace the others share

  // A machine that can talk to itself.
  async machine(name) {
    const inside = this.#first?.userOnly ?? [];
    const unshare = this.#asRoot || this.#first ? ['unshare', '-n'] : ['unshare', '-rn'];
    const [program, ...args] = [...inside, ...unshare, 'sh', '-c', 'echo ready; exec cat'];
    const holder = closeLater(spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] }), (one) => one.kill());
    let said = '';
    holder.stdout.setEncoding('utf8').on('data', (text) => (said += text));
    await until(`the namespace of ${name}`, () => said.includes('ready'), kPatienceMillis);
    const machine = new Machine(name, holder, this.#asRoot);
    this.#first ??= machine;
    machine.run('ip', 'link', 'set', 'lo', 'up');
    return machine;
  }

  // A cable between two machines; the addresses are those of its ends, with their prefix length.
  cable(one, oneAddress, other, otherAddress) {
    one.run('ip', 'link', 'add', other.name, 'type', 'veth', 'peer', 'name', one.name, 'netns', String(other.pid));
    for (const [at, to, address] of [[one, other, oneAddress], [other, one, otherAddress]]) {
      at.run('ip', 'address', 'add', address, 'dev', to.name);
      at.run('ip', 'link', 'set', to.name, 'up');
    }
  }
}

class Machine {
  constructor(name, holder, asRoot) {
    this.name = name;
    this.holder = holder;
    const enter = ['nsenter', '-t', String(this.pid)];
    this.userOnly = asRoot ? [] : [...enter, '-U', '--preserve-credentials'];
    // In front of a command that is to run there.
    this.within = asRoot ? [...enter, '-n'] : [...this.userOnly, '-n'];
  }

  get pid() {
    return this.holder.pid;
  }
  // Runs a command that must succeed; what it printed.
  run(...command) {
    return must([...this.within, ...command]);
  }
  // The rules of its firewall.
  rules(text) {
    must([...this.within, 'nft', '-f', '-'], text);
  }
  // How a connection goes: "connected", or the code of the error.
  dials(host, port) {
    const script = `const s = require('net').connect({ host: '${host}', port: ${port}, timeout: 5000 });
      const say = (what) => (console.log(what), process.exit());
      s.on('connect', () => say('connected')).on('error', (e) => say(e.code)).on('timeout', () => say('ETIMEDOUT'));`;
    return this.run(process.execPath, '-e', script).trim();
  }
  // Starts a program; its output is collected in `text`.
  start(...command) {
    const [program, ...args] = [...this.within, ...command];
    const child = closeLater(spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }), (one) => one.kill('SIGKILL'));
    const running = { child, text: '', ended: null };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (piece) => (running.text += piece));
    child.on('exit', (code, signal) => (running.ended = { code, signal }));
    return running;
  }
}
