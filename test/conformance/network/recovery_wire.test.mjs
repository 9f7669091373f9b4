// SPDX-License-Identifier: Apache-2.0
// Session recovery on the wire, without any library: what is sent again is what was sent first, to
// the byte and to the count, or the client is told that it cannot be.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { DataAdapter } from '../lib/ari.mjs';
import { CuttingProxy } from '../lib/cutting_proxy.mjs';
import { HttpConnection } from '../lib/http.mjs';
import { adapterSet, Server } from '../lib/server.mjs';
import { randomNumbers } from '../lib/values.mjs';
import { pause, until } from '../lib/wait.mjs';
import { CountingSession, kWays } from './counting_session.mjs';

const kBurst = 40;
const kLogBytes = 1 << 20;

let server;
let adapter;
let sent = 0;

// So many events, of which each makes a line of the log.
function publish(count) {
  adapter.burst(() => {
    for (let i = 0; i < count; ++i) {
      ++sent;
      adapter.update('log', { n: `${sent}`, text: `text ${sent} ${'x'.repeat(sent % 90)} |,% \u00e4\u20ac` });
      if (sent % 4 === 0) adapter.update('latest', { n: `${sent}`, text: sent % 8 === 0 ? 'eight' : null, same: 'same' });
    }
  });
}

// A session that has been told a burst, by its first way; with polls the last one is over.
async function told(way, port = server.port) {
  const session = await CountingSession.create(port, way);
  await session.subscribe();
  await session.knows(0, way);
  for (const item of ['log', 'latest']) await adapter.subscribed(item);
  publish(kBurst);
  if (way.endsWith('poll')) await session.bind(way, 1000);
  await session.knows(sent, way);
  return session;
}

// The events of the log follow one another.
function checkLog(session) {
  session.check();
  const numbers = session.lines.filter((line) => line.startsWith('U,1,1,')).map((line) => Number(line.slice(6).split('|')[0]));
  for (let i = 1; i < numbers.length; ++i) assert.equal(numbers[i], numbers[i - 1] + 1);
  return numbers.length;
}

before(async () => {
  const set = await adapterSet();
  server = await Server.start({ adapter_set: [set], session: { recovery_max_bytes: kLogBytes } });
  adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port);
});
after(async () => {
  adapter?.kill();
  await server?.stop();
});

for (const first of kWays) {
  for (const second of kWays) {
    test(`${first}, then a recovery from the middle over ${second}`, async () => {
      const session = await told(first);
      session.drop();
      const before = session.lines.length;
      const from = Math.max(before - 30, session.start);
      assert.ok(from < before);
      assert.match(await session.recover(second, from), /^CONOK,/);
      await session.knows(sent, second);
      assert.equal(session.repeated, before - from);
      publish(5); // and it goes on from there
      if (second.endsWith('poll')) await session.bind(second, 1000);
      await session.knows(sent, second);
      checkLog(session);
      session.drop();
    });
  }
}

for (const way of kWays) {
  test(`${way}: PROG says where it goes on, once, behind CONOK and in front of all data`, async () => {
    const session = await told('ws');
    session.drop();
    await session.recover(way, 10);
    await session.knows(sent, way);
    const { all } = session.connection;
    assert.equal(session.connection.count('PROG'), 1);
    const at = all.indexOf('PROG,10');
    assert.ok(at > all.findIndex((line) => line.startsWith('CONOK,')), all.slice(0, 10).join('\n'));
    assert.ok(at < all.findIndex((line) => line.startsWith('U,')), all.slice(0, 10).join('\n'));
    session.drop();
  });

  test(`${way}: a recovery of a client that has all repeats nothing`, async () => {
    const session = await told('ws');
    session.drop();
    const before = session.lines.length;
    await session.recover(way);
    if (!way.endsWith('poll')) {
      publish(1);
      await session.knows(sent, way);
    } else {
      await session.connection.next('LOOP');
    }
    assert.equal(session.connection.find('PROG'), `PROG,${before}`);
    assert.equal(session.repeated, 0);
    session.drop();
  });
}

for (const first of ['ws', 'stream']) {
  test(`${first}: a recovery while the old connection looks healthy takes the session away from it`, async () => {
    const session = await told(first);
    const old = session.connection;
    const before = session.lines.length;
    await session.recover('stream', before - 20);
    await session.knows(sent, 'stream');
    publish(20);
    await session.knows(sent, 'stream');
    assert.equal(session.repeated, 20);
    assert.equal(session.late, 0);
    await old.closes();
    session.drop();
  });
}

test('what a session is told while it has no connection comes behind what comes again', async () => {
  const session = await told('ws');
  session.drop();
  await pause(100);
  publish(kBurst);
  await session.recover('stream', session.lines.length - 10);
  await session.knows(sent, 'stream');
  assert.equal(session.repeated, 10);
  assert.equal(checkLog(session), 2 * kBurst);
  session.drop();
});

for (const way of kWays) {
  test(`${way}: recovery again and again, from the same place and from further on`, async () => {
    const session = await told('ws');
    const all = session.lines.length;
    for (const from of [10, 10, 20, 30, 30, all]) {
      session.drop();
      assert.match(await session.recover(way, from), /^CONOK,/);
      await session.knows(sent, way);
    }
    assert.equal(session.repeated, 2 * (all - 10) + (all - 20) + 2 * (all - 30));
    session.drop();
  });
}

test('a client that claims to have more than there is gets CONERR 4', async () => {
  for (const way of kWays) {
    const session = await told('ws');
    session.drop();
    assert.match(await session.recover(way, session.lines.length + 1000), /^CONERR,4,/);
    session.drop();
  }
});

test('recovery behind a plain bind, which says that all before it has come', async () => {
  const session = await told('ws');
  session.drop();
  await session.bind('stream');
  const before = session.lines.length;
  publish(10);
  await session.knows(sent, 'stream');
  session.drop();
  assert.match(await session.recover('ws', before), /^CONOK,/);
  await session.knows(sent, 'ws');
  assert.ok(session.repeated >= 10);
  session.drop();
});

test('the last answer of a poll is lost, and comes again', async () => {
  for (const way of ['poll', 'ws-poll']) {
    const session = await told(way);
    const { start } = session;
    session.drop();
    assert.match(await session.recover('poll', start), /^CONOK,/);
    await session.knows(sent, 'poll');
    assert.equal(session.repeated, session.lines.length - start);
    session.drop();
  }
});

for (const way of ['ws', 'stream', 'poll']) {
  test(`${way}: a recovery that is cut halfway is recovered from there`, async () => {
    const session = await told('ws');
    session.drop();
    publish(400); // some 40 kB
    const proxy = await CuttingProxy.start(server.port);
    session.port = proxy.port;
    for (let cuts = 0; cuts < 3; ++cuts) {
      proxy.throttle(20000);
      assert.match(await session.recover(way), /^CONOK,/);
      await pause(250);
      proxy.cut();
      await pause(20);
      session.check();
    }
    proxy.throttle(0);
    await session.recover('stream');
    await session.knows(sent, 'stream');
    assert.equal(checkLog(session), kBurst + 400);
    session.drop();
    proxy.stop();
  });
}

test('a recovery that was overtaken by a later one takes the session, and the client takes it back', async () => {
  const session = await told('ws');
  session.drop();
  await session.recover('stream', 10);
  await session.knows(sent, 'stream');
  const { lines } = session;
  // The earlier request, whose sender has given up on it, brings a part of what is there.
  const late = CountingSession.copy(session);
  assert.match(await late.recover('stream', 10, '&LS_content_length=1000'), /^CONOK,/);
  await late.connection.next('LOOP');
  assert.ok(late.place < lines.length);
  assert.match(await session.recover('stream', lines.length), /^CONOK,/);
  publish(5);
  await session.knows(sent, 'stream');
  checkLog(session);
  session.drop();
});

// The client bound without recovery, having seen a LOOP. Either all goes on without a gap, or PROG
// tells the client that server and client do not agree, so that it opens a new session.
async function goesOnOrTells(session) {
  const had = session.lines.length;
  await session.bind('stream');
  publish(3);
  const told = await until('the news, or how far it is', () => session.connection.find('PROG') ?? (session.has(sent) && 'the news'));
  if (told === 'the news' || told === `PROG,${had}`) {
    await session.knows(sent, 'stream');
    checkLog(session);
  }
  session.drop();
  return told;
}

test('a recovery behind its own repetition, then a bind of the client that got the first answer', async () => {
  const session = await told('ws');
  session.drop();
  await session.recover('poll', 10);
  await session.knows(sent, 'poll');
  publish(2); // these go to the late request, whose sender has hung up
  const late = CountingSession.copy(session);
  await late.recover('poll', 10);
  await late.knows(sent, 'poll');
  assert.match(await goesOnOrTells(session), /^PROG,/);
});

test('a recovery behind its own repetition that is cut off before its answer, then a bind', async () => {
  const proxy = await CuttingProxy.start(server.port);
  for (let round = 0; round < 8; ++round) {
    const session = await told('ws');
    session.drop();
    await session.recover('poll', 10);
    await session.knows(sent, 'poll');
    const late = await HttpConnection.open(proxy.port);
    late.post('bind_session', `LS_session=${session.id}&LS_recovery_from=10&LS_polling=true&LS_polling_millis=0&LS_idle_millis=0`);
    await pause(round / 2);
    proxy.cut({ side: 'server' });
    await pause(20);
    await goesOnOrTells(session);
  }
  proxy.stop();
});

test('a bind that comes late, behind the recovery that took its place, then a bind', async () => {
  const session = await told('poll');
  await session.recover('poll', session.start);
  await session.knows(sent, 'poll');
  const late = CountingSession.copy(session);
  await late.bind('stream');
  publish(2); // these go to the late bind, whose sender has hung up
  await late.knows(sent, 'stream');
  late.drop();
  await goesOnOrTells(session);
});

describe('at random', { concurrency: true }, () => {
  for (const seed of [1, 2, 3, 4]) {
    test(`seed ${seed}: cuts and recoveries, from wherever, over whatever`, async () => {
      const random = randomNumbers(seed);
      const session = await told(kWays[random(2)]);
      for (let round = 0; round < 40; ++round) {
        publish(random(30));
        if (random(3) === 0) await pause(random(30));
        if (random(4) > 0) session.drop();
        const way = kWays[random(kWays.length)];
        const from = Math.max(session.start, session.lines.length - random(60));
        assert.match(await session.recover(way, from), /^CONOK,/, `round ${round}`);
        if (random(2) === 0) await session.knows(sent, way);
        else if (way.endsWith('poll') && random(2) === 0) {
          await session.connection.next('LOOP');
          await session.bind(way);
        }
        session.check();
      }
      await session.recover('stream');
      await session.knows(sent, 'stream');
      checkLog(session);
      session.drop();
    });
  }
});
