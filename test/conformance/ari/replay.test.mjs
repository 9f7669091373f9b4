// SPDX-License-Identifier: Apache-2.0
// A2, A16: the packets of section 7 of the protocol's reference, line by line as real peers sent them
// (ids are those of the server), in as few reads as possible and byte by byte.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DataAdapter } from '../lib/ari.mjs';
import { Client } from '../lib/client.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { until } from '../lib/wait.mjs';
import { DataPeer, MetadataPeer } from './sdk_peer.mjs';
import { kJava17, kNode18, kPython131 } from './sdks.mjs';

// Says only what the test says.
class Mute extends DataPeer {
  answer() {}
  async idOf(method, item) {
    return (await this.asked(method, ([name]) => name === item)).id;
  }
  // Lines as of the reference, with the id of SUB in place of ID.
  script(id, ...lines) {
    this.notify.cork();
    for (const line of lines) this.say(line.replace('ID', id));
    this.notify.uncork();
  }
}

function byteByByte(peer) {
  const write = peer.socket.write.bind(peer.socket);
  peer.socket.setNoDelay(true);
  peer.socket.write = (text) => {
    for (const byte of Buffer.from(text)) write(Buffer.from([byte]));
  };
  peer.socket.cork = peer.socket.uncork = () => {};
}

for (const how of ['whole', 'byte by byte']) {
  const chop = (peer) => {
    if (how !== 'whole') byteByByte(peer);
    return peer;
  };
  const served = async (body, options = {}) => {
    const set = await adapterSet(options);
    const server = await Server.start({ adapter_set: [set] });
    try {
      await body({ server, set, port: set.data_adapter[0].request_reply_port });
    } finally {
      await server.stop();
    }
  };

  test(`A2, A16: section 7.2, scripted Java 1.7 peer, ${how}`, () =>
    served(async ({ server, set }) => {
      const peer = chop(await new Mute(kJava17).join(set.data_adapter[0].request_reply_port));
      const client = await Client.connected(server.url);
      const fields = ['last', 'name', 'x', 'e', 'n', 'b'];
      const record = await client.subscribe(['snap', 'plain', 'bad'], fields).active();
      const none = Object.fromEntries(fields.map((field) => [field, null]));

      const snap = await peer.idOf('SUB', 'snap');
      peer.script(snap, 'ID|SUB|V', '1795462737122|UD3|S|snap|S|ID|B|1|S|last|S|12%7C5 %2B3%25|S|name|S|Café #1|S|x|S|%23|S|e|S|$|S|n|S|#|S|b|S|é1',
        '1795462737123|DFD|S|snap|S|ID|S|last|F|JM|S|name|F|#|S|x|F|$', '1795462737123|EOS|S|snap|S|ID', 'KEEPALIVE');
      await record.shows('snap', { last: '12|5 +3%', name: 'Café #1', x: '#', e: '', n: null, b: 'é1' });
      peer.script(await peer.idOf('SUB', 'plain'), 'ID|SUB|V', '1795462736937|EOS|S|plain|S|ID', '0|UD3|S|plain|S|ID|B|0|S|last|S|Now is the time|S|name|S|Hello socket world!');
      await record.shows('plain', { ...none, last: 'Now is the time', name: 'Hello socket world!' });
      peer.script(await peer.idOf('SUB', 'bad'), '1795462736999|EOS|S|bad|S|ID', 'ID|SUB|EU|no such item', '1795462737185|UD3|S|bad|S|ID|B|0|S|last|S|1');
      peer.script(snap, '1795462737123|UD3|S|snap|S|ID|B|0|S|last|S|12');
      await record.shows('snap', { last: '12', name: 'Café #1' });
      assert.deepEqual(record.of('bad'), [], 'A8: an update behind the answer that failed');
      peer.script(snap, '1795462737123|CLS|S|snap|S|ID');
      await record.shows('snap', none);

      const more = await client.subscribe(['fatal'], ['last']).active();
      peer.script(await peer.idOf('SUB', 'fatal'), '1795462737060|EOS|S|fatal|S|ID', 'ID|SUB|EF|lost');
      await until('CLOSE', () => peer.closeReason);
      const next = chop(await new Mute(kJava17).join(set.data_adapter[0].request_reply_port));
      for (const item of ['snap', 'plain', 'bad', 'fatal']) await next.idOf('SUB', item);
      next.script(await next.idOf('SUB', 'fatal'), 'ID|SUB|V', '0|UD3|S|fatal|S|ID|B|0|S|last|S|back');
      await more.shows('fatal', { last: 'back' });
      next.script('', '1795462738316|FAL|E|feed lost');
      await until('CLOSE', () => next.closeReason);
      assert.deepEqual([...peer.faults, ...next.faults, ...client.errors], []);
      client.disconnect();
    }));

  test(`A2, A16: section 7.1, scripted Java 1.7 peer, ${how}`, () =>
    served(async ({ server, set, port }) => {
      const answers = {};
      const policy = chop(await MetadataPeer.start(kJava17, set.metadata_adapter, { answers }));
      await DataAdapter.start(port);
      const outcome = async () => {
        const client = new Client(server.url, { user: 'user1', password: 'p+w|1' });
        client.connect();
        const { code, message } = await client.failed();
        return `${code} ${message}`;
      };
      answers.NUS = 'EA|no such user';
      assert.match(await outcome(), /^1 /);
      answers.NUS = 'ER|db down'; // code 6: the client is to come again
      const later = new Client(server.url);
      later.connect();
      await until('a retry', () => later.statuses.includes('DISCONNECTED:WILL-RETRY'));
      later.disconnect();
      answers.NUS = 'EC|quota|-5|Too many %7C seats';
      assert.equal(await outcome(), '-5 Too many | seats');
      answers.NUS = 'EC|quota|-5|#';
      assert.match(await outcome(), /^-5 (null)?$/);
      answers.NUS = 'E|#';
      assert.match(await outcome(), /^66 /);
      assert.deepEqual(policy.requests[0].values.slice(0, 2), ['user1', 'p+w|1']);
      answers.NUS = 'D|40.0|B|1';
      answers.NNS = 'EX|dup|-7|other session open|S1';
      assert.equal(await outcome(), '-7 other session open');
      answers.NNS = 'EN|dup id';
      assert.match(await outcome(), /^6[68] /);
      answers.NNS = 'I|3600';

      const client = await Client.connected(server.url, { user: 'user1', password: 'p+w|1' });
      assert.equal(client.client.connectionOptions.getRealMaxBandwidth(), '40');
      const refused = async (method, answer) => {
        answers[method] = answer;
        const { code } = await client.subscribe(['item1', 'item2'], ['last', 'time']).failed();
        delete answers[method];
        return code;
      };
      assert.equal(await refused('GIS', 'EI|unknown group'), 21);
      assert.equal(await refused('GSC', 'ES|unknown schema'), 23);
      assert.equal(await refused('GSC', 'EI|unknown group'), 22);
      assert.equal(await refused('GIS', ''), 21);
      answers.GIS = 'S|item1|S|item2';
      answers.GIT = 'I|0|D|0.0|M|RMDC|I|0|D|0.0|M|RMDC';
      const record = await client.subscribe(['item1', 'item2'], ['last', 'time']).active();
      const { values } = await policy.asked('NNT', ([, , table]) => table.items.length === 2);
      assert.deepEqual(values.slice(0, 2), ['user1', client.sessionId]);
      for (const [answer, told] of [['V', 'processed '], ['EC|refused|-20|not now', 'deny -20 not now'], ['EN|bad', 'error']]) {
        answers.NUM = answer;
        assert.equal(await client.send('hello').outcome(), told);
      }
      client.unsubscribe(record);
      await policy.asked('NTC', ([, table]) => table.items.length === 2);
      policy.say('2|FAL|E|db lost');
      await until('the end of the connection', () => policy.closed);
      answers.NNS = undefined;
      const back = await MetadataPeer.start(kJava17, set.metadata_adapter);
      (await Client.connected(server.url)).disconnect();
      client.disconnect();
      await back.asked('NSC');
      assert.deepEqual([...policy.faults, ...back.faults], []);
    }, { metadata: {} }));

  test(`A2, A16: section 7.4, scripted Python 1.3.1 peer, ${how}`, () =>
    served(async ({ server, set, port }) => {
      const answers = { NUS: 'EA|An+empty+user+is+not+%E2%80%A6' };
      const policy = chop(await MetadataPeer.start(kPython131, set.metadata_adapter, { answers }));
      await DataAdapter.start(port);
      const outcome = async (user) => {
        const client = new Client(server.url, { user });
        client.connect();
        const { code, message } = await client.failed();
        return `${code} ${message}`;
      };
      assert.match(await outcome(''), /^1 /);
      assert.equal(policy.requests[0].values[0], '');
      answers.NUS = 'EC|CreditsError|10|User+not+%E2%80%A6';
      assert.equal(await outcome('u'), '0 User not …', 'positive codes are the server\'s own');
      answers.NUS = undefined;
      answers.NNS = 'EX|ConflictingSessionError|11|clientErrorMsg|conflictingSessionID';
      assert.equal(await outcome('u'), '0 clientErrorMsg');
      answers.NNS = 'V';
      answers.GIS = 'S|nasdaq100_AA_AL|S|abc|S|d';
      answers.GSC = 'S|short1|S|short2';
      answers.GIT = 'I|10|D|4.5|M|MD|I|20|D|7.3|M|RMC|I|0|D|0.0|M|$';
      answers.GUI = 'I|30|D|170.5|M|RMDC|I|40|D|27.3|M|RM|I|0|D|0.0|M|$';
      const client = await Client.connected(server.url, { user: 'user1' });
      const group = { group: 'nasdaq100_AA_AL abc', schema: 'short1 short2' };
      assert.equal((await client.subscribe([], [], group).failed()).code, 24, 'the third item has no mode');
      answers.GIS = 'S|nasdaq100_AA_AL';
      answers.GIT = 'I|10|D|4.5|M|MD';
      answers.GUI = 'I|30|D|170.5|M|RMDC';
      await client.subscribe([], [], group).active();
      assert.equal(await client.send('stop logging').outcome(), 'processed ');
      assert.ok(policy.lines.some((line) => line.endsWith('|stop+logging') || line.endsWith('|stop%20logging')));
      client.disconnect();
      await policy.asked('NSC');
      assert.deepEqual(policy.faults, []);
    }, { metadata: {} }));
}

for (const [sdk, reply, metadata] of [
  [kNode18, 'MPI|EM|Unsupported+protocol+version', true],
  [kJava17, 'DPI|E|Unsupported+Proxy+Adapter+version', false],
  [kNode18, 'DPI|ED|The+ID+must+be+supplied', false],
  [kPython131, 'MPI|E|Unsupported+reserved+protocol+version+number%3A+1.8.1', true],
]) {
  test(`A4: section 7.3, scripted ${sdk.name} peer: ${reply} is told in the log, and another one is let in`, async () => {
    const set = await adapterSet({ metadata: metadata ? {} : null });
    const proxy = metadata ? set.metadata_adapter : set.data_adapter[0];
    const server = await Server.start({ adapter_set: [set] });
    const Kind = metadata ? MetadataPeer : Mute;
    const failing = new Kind(sdk);
    failing.say = function say(line) {
      Kind.prototype.say.call(this, line.includes('PI|') ? line.replace(/[MD]PI\|.*/, reply) : line);
    };
    await failing.dial(proxy.request_reply_port);
    await until('CLOSE', () => failing.closeReason);
    const why = decodeURIComponent(reply.split('|')[2].replaceAll('+', ' '));
    await until('the reason in the log', () => server.log.includes(why));
    await new Kind(sdk).join(proxy.request_reply_port);
    await server.stop();
  });
}
