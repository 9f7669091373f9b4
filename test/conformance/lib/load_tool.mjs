// SPDX-License-Identifier: Apache-2.0
// penstock-load, run to its end.
import { spawn } from 'node:child_process';
import path from 'node:path';

import { binary } from './server.mjs';

const kTool = process.env.PENSTOCK_LOAD ?? path.resolve(path.dirname(binary()), '../../tools/load/penstock-load');

// Ends with { code, stdout, stderr, json }; `stdout` is what spawn() takes, `child` is told at once.
export async function load(args, { stdout = 'pipe', child: onChild } = {}) {
  const child = spawn(kTool, args.map(String), { stdio: ['ignore', stdout, 'pipe'], timeout: 40000 });
  onChild?.(child);
  const result = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name]?.setEncoding('utf8').on('data', (text) => (result[name] += text));
  result.code = await new Promise((resolve) => child.on('close', resolve));
  if (args.includes('-') && result.stdout) result.json = JSON.parse(result.stdout);
  return result;
}
