// SPDX-License-Identifier: Apache-2.0
// A page of docs/, taken at its word: its blocks of code become files or are run as commands.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { binary } from '../lib/server.mjs';
import { closeLater } from '../lib/cleanup.mjs';
import { until } from '../lib/wait.mjs';

export const kRoot = fileURLToPath(new URL('../../..', import.meta.url));

export class Page {
  blocks = []; // { lang, file, text }: `file` is named at the start of the line in front
  #words = new Map();

  constructor(name) {
    this.file = path.join(kRoot, 'docs', name);
    const lines = fs.readFileSync(this.file, 'utf8').split('\n');
    for (let i = 0; i < lines.length; ++i) {
      const [, lang] = /^```(\w+)$/.exec(lines[i]) ?? [];
      if (lang === undefined) continue;
      const intro = lines.slice(0, i).findLast((line) => line !== '') ?? '';
      const end = lines.indexOf('```', i);
      const [, file] = /(?:^|\s)`([\w./]+\.\w+)`[^`]*:$/.exec(intro) ?? [];
      this.blocks.push({ lang, file, text: lines.slice(i + 1, end).join('\n') + '\n' });
      i = end;
    }
    this.dir = closeLater({ path: fs.mkdtempSync(path.join(os.tmpdir(), 'penstock-guide-')) }, (one) => fs.rmSync(one.path, { recursive: true, force: true })).path;
  }
  // What stands for something of the reader's machine: a port, a prefix, the name of a program.
  stands(word, real) {
    this.#words.set(word, String(real));
    return this;
  }
  #real(text) {
    for (const [word, real] of this.#words) text = text.replaceAll(word, real);
    return text;
  }

  // All blocks that have a file name, written to the page's folder.
  write() {
    for (const { file, text } of this.blocks.filter((one) => one.file)) fs.writeFileSync(path.join(this.dir, file), this.#real(text));
  }
  // The commands of the page, one text a block.
  get commands() {
    return this.blocks.filter(({ lang }) => lang === 'sh').map(({ text }) => this.#real(text));
  }
  run(commands, cwd = this.dir) {
    const env = { ...process.env, CMAKE_BUILD_PARALLEL_LEVEL: '2' };
    const { status, stdout, stderr } = spawnSync('bash', ['-euc', commands], { cwd, env, encoding: 'utf8', timeout: 600000, maxBuffer: 1 << 26 });
    assert.equal(status, 0, `${commands}\n${stdout.slice(-3000)}\n${stderr.slice(-3000)}`);
    return stdout;
  }
  start(commands) {
    return new Running(commands, this.dir);
  }
}

export class Running {
  output = '';

  constructor(commands, cwd) {
    this.commands = commands;
    this.child = closeLater(spawn('bash', ['-euc', `exec ${commands}`], { cwd, stdio: ['ignore', 'pipe', 'pipe'] }), (child) => child.kill('SIGKILL'));
    for (const stream of [this.child.stdout, this.child.stderr]) stream.setEncoding('utf8').on('data', (text) => (this.output += text));
  }
  async end() {
    this.child.kill('SIGTERM');
    await until(() => `the end of ${this.commands}${this.output}`, () => this.child.exitCode !== null || this.child.signalCode !== null, 20000);
    return this.child.exitCode;
  }
}

export const server = () => binary();
