// SPDX-License-Identifier: Apache-2.0
// Remote adapters over gRPC with the same ways as those of ari.mjs: what the server sends is kept as
// packets in the terms of ARI, and answers are given in them, so that a test need not know which of
// the two it has. What only gRPC has is at the end of each class.
import { fileURLToPath } from 'node:url';

import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

import { decode } from './ari.mjs';
import { closeLater } from './cleanup.mjs';
import { freePort } from './ports.mjs';
import { Recorder, scriptedData, scriptedMetadata, settled } from './scripted_adapter.mjs';
import { adapterAt } from './server.mjs';
import { until } from './wait.mjs';

const kProto = fileURLToPath(new URL('../../../remote-proto/proto', import.meta.url));
const definition = loader.loadSync('penstock/adapter/v1/adapter_service.proto', {
  includeDirs: [kProto],
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
});
// What is in bytes already is sent as it is: serialize(), and who sends the same again and again.
const methods = definition['penstock.adapter.v1.AdapterService'];
const serialize = methods.Data.requestSerialize;
methods.Data.requestSerialize = (message) => (Buffer.isBuffer(message) ? message : serialize(message));
definition['penstock.adapter.v1.DialedAdapterService'].Data.responseSerialize = methods.Data.requestSerialize;
const { v1 } = grpc.loadPackageDefinition(definition).penstock.adapter;

const kModes = { MODE_RAW: 'R', MODE_MERGE: 'M', MODE_DISTINCT: 'D', MODE_COMMAND: 'C' };
const kModesByLetter = Object.fromEntries(Object.entries(kModes).map(([name, letter]) => [letter, name]));
const kErrors = {
  E: 'KIND_UNSPECIFIED', EA: 'KIND_ACCESS', ER: 'KIND_UNAVAILABLE', EC: 'KIND_CREDITS', EX: 'KIND_CONFLICT',
  EI: 'KIND_ITEMS', ES: 'KIND_SCHEMA', EN: 'KIND_NOTIFICATION', EU: 'KIND_SUBSCRIPTION', EF: 'KIND_FATAL',
  ED: 'KIND_INIT', EM: 'KIND_INIT',
  EL: 'KIND_SELECTOR', // of no ARI
};
const text = (token) => decode(token, '1.9.1');

// "EC|why|-5|told" as an Error; null if it is none.
function errorOf(reply) {
  const [kind, message, code, told, session] = reply.split('|');
  if (!(kind in kErrors)) return null;
  return {
    kind: kErrors[kind],
    message: text(message ?? '#') ?? '',
    client_code: Number(code ?? 0),
    client_message: told === undefined ? '' : text(told) ?? '',
    conflicting_session: session === undefined ? '' : text(session),
  };
}

class Remote extends Recorder {
  status = null; // { code, details }, once the stream has ended
  roles = []; // true: active
  goodbye = null;

  // `secure`: { ca, key, cert } as PEM; `rac`: user and password; `token`: a bearer token.
  constructor(method, initMethod, { rac = {}, token = null, secure = null, answerInit = true, hello = {}, target = null } = {}) {
    super();
    Object.assign(this, { method, initMethod, rac, bearer: token, secure, answerInit, helloParts: hello, target, version: '1.9.1' });
  }

  async connect(port) {
    this.port = port;
    const credentials = this.secure
      ? grpc.credentials.createSsl(this.secure.ca, this.secure.key ?? null, this.secure.cert ?? null)
      : grpc.credentials.createInsecure();
    this.client = new v1.AdapterService(`${this.target ?? '127.0.0.1'}:${port}`, credentials, {
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 500, // the server may not listen yet
    });
    await new Promise((resolve) => this.client.waitForReady(Date.now() + 20000, resolve));
    closeLater(this, (one) => one.kill());
    this.call = this.client[this.method](this.#headers());
    this.call.on('data', (message) => this.#message(message));
    this.call.on('error', () => (this.closed = true));
    this.call.on('end', () => ((this.closed = true), this.call.end()));
    this.call.on('status', (status) => this.#over(status));
    const { adapterSet, dataAdapter } = adapterAt(port) ?? {}; // or `hello` says
    this.send({ hello: { adapter_set: adapterSet, data_adapter: this.method === 'Data' ? dataAdapter : '', sdk: this.rac?.SDK ?? 'Penstock test', ...this.helloParts } });
    return this;
  }

  #headers() {
    const headers = new grpc.Metadata();
    if (this.rac?.user !== undefined) {
      headers.set('authorization', 'Basic ' + Buffer.from(`${this.rac.user}:${this.rac.password ?? ''}`).toString('base64'));
    }
    if (this.bearer !== null) headers.set('authorization', `Bearer ${this.bearer}`);
    return headers;
  }

  // Serves a server that has dialed.
  attach(call) {
    this.call = call;
    call.on('data', (message) => this.#message(message));
    call.on('error', () => (this.closed = true));
    call.on('cancelled', () => this.#over({ code: grpc.status.CANCELLED, details: 'the server has cut it off' }));
    call.on('end', () => {
      if (this.closed) return;
      this.#over({ code: grpc.status.OK, details: '' });
      call.end();
    });
    call.sendMetadata(this.#headers());
    if (this.helloParts !== null) this.send({ hello: { sdk: this.rac?.SDK ?? 'Penstock test', ...this.helloParts } });
    return this;
  }
  // Of one that was dialed.
  endWith(code, details) {
    this.closed = true;
    this.call.emit('error', { code, details });
  }

  #over(status) {
    if (this.status !== null) return;
    this.status = status;
    this.closed = true;
    if (status.code !== grpc.status.OK) this.packet(0, 'CLOSE', ['S', 'reason', 'S', status.details.replaceAll(' ', '+')]);
    this.client?.close();
  }

  // False: as much waits as should.
  send(message) {
    return this.closed || this.call.write(message);
  }

  packet(id, method, tokens) {
    const packet = { id: String(id), method, tokens, line: [id, method, ...tokens].join('|') };
    this.packets.push(packet);
    return packet;
  }

  #message(message) {
    if (message.kind === 'init') {
      const { adapter_set, data_adapter, server_instance_id, proxy_instance_id, params, features } = message.init;
      this.features = features; // of the server
      this.initParams = { 'adapters_conf.id': adapter_set, 'server.instance_id': server_instance_id, 'proxy.instance_id': proxy_instance_id, ...params };
      if (data_adapter) this.initParams['data_provider.name'] = data_adapter;
      this.packet(0, this.initMethod, []);
      if (this.answerInit) this.send({ init_done: {} });
    } else if (message.kind === 'role') {
      this.roles.push(message.role.active);
    } else if (message.kind === 'goodbye') {
      this.goodbye = message.goodbye;
      this.packet(0, 'CLOSE', ['S', 'reason', 'S', message.goodbye.reason]);
    } else {
      this.received(message);
    }
  }

  strings(packet) {
    const texts = [];
    for (let i = 0; i + 1 < packet.tokens.length; i += 2) {
      if (packet.tokens[i] === 'S') texts.push(packet.tokens[i + 1]);
    }
    return texts;
  }
  encoded(plain) {
    return plain;
  }
  // As when the process dies.
  kill() {
    this.call?.cancel?.();
    this.client?.close();
    this.closed = true;
  }
  // Leaves in an orderly way.
  leave(reason = 'going') {
    this.send({ goodbye: { reason } });
  }
  end() {
    this.call.end();
  }
  reset() {
    this.call.cancel();
  }
  fail(message) {
    this.send({ failure: { message } });
  }
  // The stream's end: its status code.
  async ended() {
    await until('the end of the stream', () => this.status !== null);
    return this.status.code;
  }
}

export const Status = grpc.status;

// A port where a server dials: `make()` gives the adapter of each stream. As that of ari.mjs.
export async function listening(make, { port, secure = null } = {}) {
  const adapters = [];
  const server = new grpc.Server();
  const accept = (call) => adapters.push(make().attach(call));
  server.addService(v1.DialedAdapterService.service, { Metadata: accept, Data: accept });
  const credentials = secure
    ? grpc.ServerCredentials.createSsl(secure.ca ?? null, [{ private_key: secure.key, cert_chain: secure.cert }], secure.requestCert ?? false)
    : grpc.ServerCredentials.createInsecure();
  const own = port ?? (await freePort());
  const bound = await new Promise((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${own}`, credentials, (error, got) => (error ? reject(error) : resolve(got))),
  );
  const close = () => {
    for (const adapter of adapters) adapter.kill();
    server.forceShutdown();
  };
  closeLater(server, close);
  return { port: bound, adapters, close };
}

export class DataAdapter extends scriptedData(Remote) {
  subscribes = []; // as they came
  token = null; // Event.resume_token of what is told next, if it is not null
  #fields = new Map(); // name -> number
  #batch = null;

  constructor(options = {}) {
    super('Data', 'DPI', options);
    for (const [item, fields] of Object.entries(options.snapshots ?? {})) this.snapshots.set(item, fields);
    this.autoEos = options.autoEos ?? true;
    this.missed = options.missed ?? (() => null); // what came behind a resume token; null: who knows
  }

  static start(port, options = {}) {
    return settled(port, options, () => new DataAdapter(options).connect(port));
  }

  received(message) {
    const subscribes = message.kind === 'subscribe';
    const { item, subscription } = message[message.kind];
    const method = subscribes ? 'SUB' : 'USB';
    const id = subscribes ? subscription : `u${subscription}`;
    const packet = this.packet(id, method, ['S', item]);
    this.log.push(`${method} ${item}`);
    this.heard?.(packet);
    if (!subscribes) {
      this.active.delete(item);
      if (this.autoReply) this.reply(id, 'USB', 'V');
      return;
    }
    this.subscribes.push(message.subscribe);
    this.active.set(item, id);
    const refusal = this.refusals.get(item);
    if (refusal) return this.reply(id, 'SUB', refusal);
    const missed = message.subscribe.resume_token.length > 0 ? this.missed(item, String(message.subscribe.resume_token)) : null;
    if (missed !== null) {
      this.send({ subscribe_result: { subscription, snapshot: 'SNAPSHOT_RESUMED' } });
      for (const fields of missed) this.update(item, fields);
      return;
    }
    this.tellSnapshot(id, item);
  }

  reply(id, method, reply) {
    const error = errorOf(reply);
    if (method === 'SUB') {
      this.send({ subscribe_result: { subscription: id, error } });
    } else {
      this.send({ unsubscribe_result: { subscription: id.slice(1), error } });
    }
  }

  #field(name, batch) {
    if (!this.#fields.has(name)) {
      this.#fields.set(name, this.#fields.size + 1);
      batch.new_fields.push(name);
    }
    return this.#fields.get(name);
  }
  // `make(batch)` gives what an event is beside its subscription.
  #tell(item, make, id = this.active.get(item)) {
    const batch = this.#batch ?? { new_fields: [], events: [] };
    batch.events.push({ subscription: id ?? '0', ...(this.token === null ? {} : { resume_token: Buffer.from(this.token) }), ...make(batch) });
    if (this.#batch === null) this.send({ events: batch });
  }
  update(item, fields, snapshot = false, id = undefined) {
    const values = (batch) =>
      Object.entries(fields).map(([name, value]) => ({
        field: this.#field(name, batch),
        ...(value === null || value === undefined ? { null: 'NULL_VALUE' } : typeof value === 'object' ? value : { text: String(value) }),
      }));
    this.#tell(item, (batch) => ({ update: { is_snapshot: snapshot, fields: values(batch) } }), id ?? this.active.get(item));
  }
  eos(item) {
    this.#tell(item, () => ({ end_of_snapshot: {} }));
  }
  diffs(item, orders) {
    const names = { J: 'ALGORITHM_JSON_PATCH', M: 'ALGORITHM_DIFF_MATCH_PATCH' };
    this.#tell(item, (batch) => ({
      diff_order: {
        fields: Object.entries(orders)
          .filter(([, letters]) => letters !== null)
          .map(([name, letters]) => ({ field: this.#field(name, batch), algorithms: [...letters].map((letter) => names[letter]).filter(Boolean) })),
      },
    }));
  }
  // What `send` sends goes out in one batch.
  burst(send) {
    const batch = (this.#batch = { new_fields: [], events: [] });
    send();
    this.#batch = null;
    this.send({ events: batch });
  }
  // What `send` sends as the bytes of a batch: the first time, and without new fields.
  bytes(send) {
    const batch = (this.#batch = { new_fields: [], events: [] });
    send();
    this.#batch = null;
    return { first: serialize({ events: batch }), next: serialize({ events: { events: batch.events } }) };
  }
  clear(item) {
    this.#tell(item, () => ({ clear_snapshot: {} }));
  }
}

// The requests in the terms of ARI: their method, and their texts in its order.
const kRequests = {
  notify_user: ({ certificate, user, password, headers, request_id }) => [
    certificate ? 'NUA' : 'NUS',
    [user ?? null, password ?? null, ...(certificate ? [certificate.subject ?? null] : []), ...headers.flatMap(({ name, value }) => [name, value]), 'REQUEST_ID', request_id],
  ],
  notify_new_session: (r) => [
    'NNS',
    [r.user ?? null, r.session, 'REMOTE_IP', r.remote_ip, 'REMOTE_PORT', String(r.remote_port), 'USER_AGENT', r.user_agent, 'LOCAL_SERVER', r.local_server,
      'CLIENT_TYPE', r.client_type, 'REQUEST_ID', r.request_id, ...(r.forwarding_info ? ['FORWARDING_INFO', r.forwarding_info] : [])],
  ],
  notify_session_close: ({ session }) => ['NSC', [session]],
  get_items: ({ user, group, session }) => ['GIS', [user ?? null, group, session]],
  get_schema: ({ user, group, schema, session }) => ['GSC', [user ?? null, group, schema, session]],
  get_selector: ({ user, group, schema, selector, session }) => ['GSL', [user ?? null, group, schema, selector, session]], // of no ARI
  get_item_data: ({ items }) => ['GIT', items],
  get_user_item_data: ({ user, items }) => ['GUI', [user ?? null, ...items]],
  notify_user_message: ({ user, session, message }) => ['NUM', [user ?? null, session, message]],
  notify_new_table: ({ user, session }) => ['NNT', [user ?? null, session]],
  notify_table_close: ({ session }) => ['NTC', [session]],
};
const tableTokens = (table, closes) => [
  'I', String(table.win_index), 'M', kModes[table.mode], 'S', table.group, 'S', table.data_adapter, 'S', table.schema,
  'I', table.items.length ? '1' : '0', 'I', String(table.items.length), 'S', table.selector ?? null,
  'I', String(table.items.length), ...table.items.flatMap((item) => ['S', item]),
  ...(closes ? ['I', String(table.statistics.length), ...table.statistics.flatMap((one) => ['L', one.real_time, 'L', one.lost, 'L', one.filtered])] : []),
];

// A reply of ARI as the answer to a request of this kind.
function answerOf(kind, reply) {
  if (typeof reply === 'object') return reply; // an answer as it is
  const error = errorOf(reply);
  if (error) return { error };
  const tokens = reply === '' ? [] : reply.split('|');
  const texts = tokens.filter((_, i) => i % 2 === 1);
  const triples = (make) => Array.from({ length: tokens.length / 6 }, (_, i) => make(tokens.slice(i * 6, i * 6 + 6)));
  const modes = (letters) => [...letters].map((letter) => kModesByLetter[letter]).filter(Boolean);
  switch (kind) {
    case 'notify_user':
      return { user: { max_bandwidth_kbps: Number(tokens[1]), wants_tables: tokens[3] === '1' } };
    case 'notify_new_session':
      return { session: { time_to_live_seconds: tokens[0] === 'I' ? Number(tokens[1]) : 0 } };
    case 'get_items':
    case 'get_schema':
      return { names: { names: texts.map(text) } };
    case 'get_item_data':
      return { item_data: { items: triples((t) => ({ distinct_snapshot_length: Number(t[1]), min_source_frequency: Number(t[3]), modes: modes(t[5]) })) } };
    case 'get_user_item_data':
      return { user_item_data: { items: triples((t) => ({ buffer_size: Number(t[1]), max_frequency: Number(t[3]), modes: modes(t[5]) })) } };
    case 'notify_user_message':
      return { message: { response: tokens[0] === 'S' ? text(tokens[1]) : '' } };
    case 'notify_new_table':
      return { table: { enable_unsubscription: tokens[1] === '1', wants_final_statistics: tokens[3] === '1' } };
    default:
      return { done: {} };
  }
}

export class MetadataAdapter extends scriptedMetadata(Remote) {
  #calls = 99;
  requests = []; // as they came
  cancelled = []; // ids

  constructor(options = {}) {
    super('Metadata', 'MPI', options);
    this.answers = options.answers ?? {};
  }

  static start(port, options = {}) {
    return settled(port, options, () => new MetadataAdapter(options).connect(port));
  }

  received(message) {
    if (message.kind === 'cancel') {
      this.cancelled.push(message.cancel.id);
    } else if (message.kind === 'control_result') {
      const { id, kind, done, error } = message.control_result;
      const method = this.#asked.get(id);
      this.packet(id, method, kind === 'error' ? ['E', error.message] : method === 'FUS' ? ['B', done ? '1' : '0'] : ['V']);
    } else if (message.kind === 'request') {
      this.#request(message.request);
    }
  }
  #asked = new Map(); // id of a control request -> method

  #request(request) {
    this.requests.push(request);
    const { id, kind } = request;
    const [method, texts] = kRequests[kind](request[kind]);
    const { table } = request[kind];
    const tokens = [...texts.flatMap((one) => ['S', one]), ...(table ? tableTokens(table, method === 'NTC') : [])];
    const packet = this.packet(id, method, tokens);
    const strings = this.strings(packet);
    const given = this.answers[method]?.(strings, packet);
    if (given === null) return;
    this.send({ answer: { id, ...answerOf(kind, given ?? this.usual(method, strings)) } });
  }

  // As those of ari.mjs.
  reply(id, method, reply) {
    if (method === 'FAL') return this.fail(errorOf(reply).message);
    if (method === 'MPI') return this.send({ init_failed: errorOf(reply.replaceAll('+', ' ')) });
    const request = this.requests.find((one) => one.id === id);
    this.send({ answer: { id, ...answerOf(request.kind, reply) } });
  }
  async #control(method, request) {
    const id = String(++this.#calls);
    this.#asked.set(id, method);
    this.send({ control: { id, ...request } });
    const packet = await until(`the answer to ${method} ${id}`, () => this.all(method).find((one) => one.id === id));
    return packet.tokens.join('|');
  }
  endSession(id, cause = 'V') {
    const [kind, code, , message] = cause.split('|');
    return this.#control('FST', { end_session: { session: id, cause: kind === 'V' ? null : { code: Number(code), message: text(message) ?? '' } } });
  }
  endSubscription(id, subId) {
    return this.#control('FUS', { end_subscription: { session: id, win_index: Number(subId) } });
  }
}
