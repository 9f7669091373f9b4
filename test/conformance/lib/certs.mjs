// SPDX-License-Identifier: Apache-2.0
// Certificates for a test, made by the openssl command when they are wanted.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

import { scratchDir } from './server.mjs';

function openssl(args, input) {
  const ran = spawnSync('openssl', args, { encoding: 'utf8', input, timeout: 20000 });
  assert.equal(ran.status, 0, `openssl ${args.join(' ')}:\n${ran.stderr}`);
  return ran.stdout;
}

const kKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

// An authority with a folder of its own; what it signs lies there, too.
export class Authority {
  constructor(name = 'Test CA') {
    this.dir = scratchDir();
    this.file = path.join(this.dir, 'ca.pem');
    this.key = path.join(this.dir, 'ca.key');
    openssl(['req', '-x509', '-new', ...kKey, '-keyout', this.key, '-out', this.file, '-subj', `/CN=${name}`, '-days', '30']);
    this.pem = fs.readFileSync(this.file);
  }

  // A certificate `file`.pem with its key: { certificate_file, key_file, cert, key }. `names` are its
  // DNS names, besides the `address`; `days` may be negative.
  sign(file, { subject = '/CN=localhost', names = ['localhost'], address = '127.0.0.1', days = 30 } = {}) {
    const certificate = path.join(this.dir, `${file}.pem`);
    const key = path.join(this.dir, `${file}.key`);
    const extensions = path.join(this.dir, `${file}.ext`);
    fs.writeFileSync(extensions, `basicConstraints=CA:false\nsubjectAltName=${[`IP:${address}`, ...names.map((name) => `DNS:${name}`)].join(',')}\n`);
    const request = openssl(['req', '-new', ...kKey, '-keyout', key, '-subj', subject, '-utf8']);
    openssl(['x509', '-req', '-CA', this.file, '-CAkey', this.key, '-CAcreateserial', '-days', String(days), '-extfile', extensions, '-out', certificate], request);
    return { certificate_file: certificate, key_file: key, cert: fs.readFileSync(certificate), key: fs.readFileSync(key) };
  }

  // The certificate `file` with its key as a PKCS12 store, of this authority too.
  pack(file, store, password) {
    openssl(['pkcs12', '-export', '-in', path.join(this.dir, `${file}.pem`), '-inkey', path.join(this.dir, `${file}.key`), '-certfile', this.file, '-out', store, '-passout', `pass:${password}`]);
  }

  // Who trusts it, as a PKCS12 store.
  packTrust(store, password) {
    openssl(['pkcs12', '-export', '-nokeys', '-in', this.file, '-out', store, '-passout', `pass:${password}`]);
  }

  remove() {
    fs.rmSync(this.dir, { recursive: true, force: true });
  }
}

// As the configuration names it.
export const files = ({ certificate_file, key_file }) => ({ certificate_file, key_file });
