// SPDX-License-Identifier: Apache-2.0
// An adapter made with the official Node.js kit, in a process of its own as in real life. This file
// is both ends: the handle for tests, and what the child process runs.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import net from 'node:net';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';

import { kPatience, pause, until } from './wait.mjs';

const kFile = fileURLToPath(import.meta.url);

export class NodeAdapter {
  events = []; // [name, ...details] as the adapter's handlers saw them
  #child;

  // kind "data": ports { request, notify }, snapshots { item: fields }.
  // Options of both: `secure` is what tls.connect() or tls.createServer() takes, its files as text;
  // with `listen` it waits on ports.request to be dialed.
  // kind "metadata": ports { request }, users { name: password }, user null allowed if allowNobody.
  // Both: credentials { user, password }; with `again` the program dials anew when it is cut off, as
  // the examples of the kit do, else it ends. Why it was cut off is the event "error".
  static async start(kind, ports, options = {}) {
    const { admission } = await import('./server.mjs'); // which is of tests, and no business of the child
    const isLetIn = admission(ports.request);
    const adapter = new NodeAdapter();
    adapter.#child = fork(kFile, ['child', kind, JSON.stringify({ ports, options })], { stdio: 'inherit' });
    adapter.#child.on('message', (event) => adapter.events.push(event));
    if (options.wait !== false) {
      await adapter.seen('init');
      await until('the server to let it in', isLetIn);
    }
    return adapter;
  }

  async seen(name, ...details) {
    return until(
      () => `${name} ${details}; the adapter saw ${JSON.stringify(this.events)}`,
      () => this.events.find((event) => event[0] === name && details.every((one, i) => event[i + 1] === one)),
      kPatience,
    );
  }
  count(name, ...details) {
    return this.events.filter((event) => event[0] === name && details.every((one, i) => event[i + 1] === one)).length;
  }
  update(item, fields, snapshot = false) {
    this.#child.send({ do: 'update', item, fields, snapshot });
  }
  clear(item) {
    this.#child.send({ do: 'clear', item });
  }
  end(item) {
    this.#child.send({ do: 'end', item });
  }
  async kill() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const end = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await end;
  }
}

function dialed(port, secure) {
  return new Promise((resolve) => {
    const server = secure ? tls.createServer(secure, resolve) : net.createServer(resolve);
    server.listen({ port, host: '127.0.0.1' }, () => tell('listening'));
  });
}

async function dial(port, secure) {
  for (;;) {
    const where = { port, host: '127.0.0.1' };
    const socket = secure ? tls.connect({ ...where, ...secure }) : net.connect(where);
    const ok = await new Promise((resolve) => {
      socket.once(secure ? 'secureConnect' : 'connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (ok) return socket;
    await pause(50);
  }
}

const tell = (...event) => process.send(event);

// Snapshots are fields, or a list of them.
function runData({ DataProvider }, request, notify, { snapshots = {}, credentials }) {
  const provider = new DataProvider(request, notify, (item) => item in snapshots, credentials);
  provider.on('init', (message, response) => (response.success(), tell('init', message.parameters)));
  provider.on('subscribe', (item, response) => {
    response.success();
    tell('subscribe', item);
    if (item in snapshots) {
      for (const fields of [].concat(snapshots[item])) provider.update(item, true, fields);
      provider.endOfSnapshot(item);
    }
  });
  provider.on('unsubscribe', (item, response) => (response.success(), tell('unsubscribe', item)));
  process.removeAllListeners('message').on('message', (order) => {
    if (order.do === 'update') provider.update(order.item, order.snapshot, order.fields);
    if (order.do === 'clear') provider.clearSnapshot(order.item);
    if (order.do === 'end') provider.endOfSnapshot(order.item);
  });
}

function runMetadata({ MetadataProvider }, request, options) {
  const { users = null, credits = {}, maxFrequency = 0, bandwidth = 0, mergeOnly = false, refuseTables = [], credentials } = options;
  const modes = mergeOnly ? { merge: true } : { raw: true, merge: true, distinct: true, command: true };
  const words = (text) => text.split(' ').filter(Boolean);
  const provider = new MetadataProvider(request, { allowedMaxItemFreq: maxFrequency, itemAllowedModes: modes, distinctSnapLen: 10 }, credentials);
  provider.on('init', (message, response) => (response.success(), tell('init', message.parameters)));
  provider.on('notifyUser', (message, response) => {
    tell('notifyUser', message.userName);
    const refusal = credits[message.userName];
    if (refusal) return response.error('refused', 'credits', refusal);
    if (users && users[message.userName] !== message.userPassword) return response.error('no such user', 'access');
    response.success(bandwidth, true);
  });
  provider.on('getItems', (message, response) =>
    message.groupName.includes('nogroup') ? response.error('no such group', 'items') : response.success(words(message.groupName)));
  provider.on('getSchema', (message, response) =>
    message.schemaName.includes('noschema') ? response.error('no such schema', 'schema') : response.success(words(message.schemaName)));
  provider.on('notifyNewSession', (message, response) => (response.success(), tell('newSession', message.sessionId, message.contextProperties)));
  provider.on('notifySessionClose', (message, response) => (response.success(), tell('sessionClose', message.sessionId)));
  provider.on('notifyUserMessage', ({ userName, sessionId, userMessage }, response) => {
    tell('message', userMessage, userName, sessionId);
    const [verb] = userMessage.split(' ');
    if (verb === 'deny') return response.error('no', 'credits', { clientCode: '-5', clientMessage: 'not you, ü|%' });
    if (verb === 'inconsistent') return response.error('odd', 'notification');
    if (verb === 'fail') return response.error('boom');
    response.success();
  });
  provider.on('notifyNewTables', (message, response) => {
    const [{ groupName }] = message.tableInfos;
    tell('newTables', groupName);
    if (refuseTables.includes(groupName)) return response.error('no', 'credits', { clientCode: '-7', clientMessage: 'not this one' });
    response.success();
  });
  provider.on('notifyTablesClose', (message, response) => (response.success(), tell('tablesClose', message.tableInfos[0].groupName)));
}

async function run(kind, { ports, options }) {
  const kit = createRequire(import.meta.url)('lightstreamer-adapter');
  const { secure, listen } = options;
  const request = await (listen ? dialed : dial)(ports.request, secure);
  const notify = ports.notify ? await dial(ports.notify, secure) : request;
  for (const socket of new Set([request, notify])) socket.on('error', (error) => tell('error', error.message));
  request.on('close', () => {
    tell('closed');
    notify.destroy();
    if (options.again) setTimeout(() => run(kind, { ports, options }), 50);
    else setTimeout(() => process.exit(3), 20);
  });
  if (kind === 'data') runData(kit, request, notify, options);
  else runMetadata(kit, request, options);
}

if (process.argv[1] === kFile && process.argv[2] === 'child') {
  process.on('disconnect', () => process.exit(0));
  await run(process.argv[3], JSON.parse(process.argv[4]));
}
