// SPDX-License-Identifier: Apache-2.0
// Certificates for an hour, made by the openssl command.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { scratchDir } from './server.mjs';

// For the loopback, signed by itself: { cert, key }, paths of PEM files.
export function selfSigned() {
  const dir = scratchDir();
  const files = { cert: path.join(dir, 'cert.pem'), key: path.join(dir, 'key.pem') };
  const made = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
    '-out', files.cert, '-keyout', files.key,
  ], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`openssl: ${made.error ?? made.stderr}`);
  return files;
}
