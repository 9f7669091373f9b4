// SPDX-License-Identifier: Apache-2.0
// Is the quickstart up? Fetches a page and the client library, opens a session, and wants a value
// from each of the two example adapters. Needs nothing but Node itself.
//   node tools/probe.mjs http://127.0.0.1:8080
import http from 'node:http';

const [base] = process.argv.slice(2);
const kLimitMillis = 8000;

function request(method, path, body) {
  return new Promise((resolve, reject) => {
    const call = http.request(base + path, { method, agent: false, timeout: kLimitMillis }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => (text += piece)).on('end', () => resolve({ status: response.statusCode, text }));
    });
    call.on('timeout', () => call.destroy(new Error(`no answer to ${method} ${path}`))).on('error', reject);
    call.end(body);
  });
}

function expect(ok, what) {
  if (!ok) throw new Error(what);
}

async function tlcp(name, body, query = '') {
  const { status, text } = await request('POST', `/lightstreamer/${name}.txt?LS_protocol=TLCP-2.5.0${query}`, body);
  expect(status === 200, `${name}: status ${status}`);
  return text.split('\r\n').filter(Boolean);
}

const kPoll = 'LS_polling=true&LS_polling_millis=0&LS_idle_millis=';

async function main() {
  for (const path of ['/', '/stocklist/', '/hostmonitor/', '/lib/lightstreamer.min.js']) {
    expect((await request('GET', path)).status === 200, `GET ${path} fails`);
  }
  const [conok] = await tlcp('create_session', `LS_cid=mgQkwtwdysogQz2BJ4Ji%20kOj2Bg&LS_adapter_set=DEMO&${kPoll}0`);
  expect(conok?.startsWith('CONOK,'), `no session: ${conok}`);
  const session = conok.split(',')[1];
  const query = `&LS_session=${session}`;
  const wanted = [['STOCKLIST', 'stock.AAPL', 'price'], ['HOSTMONITOR', 'memory', 'total']];
  const adds = wanted.map(([adapter, item, field], i) =>
    `LS_reqId=${i + 1}&LS_op=add&LS_subId=${i + 1}&LS_mode=MERGE&LS_group=${item}&LS_schema=${field}&LS_data_adapter=${adapter}&LS_snapshot=true`);
  const answers = await tlcp('control', adds.join('\r\n'), query);
  expect(answers.every((line) => line.startsWith('REQOK,')), `subscriptions refused: ${answers.join(' ')}`);
  const seen = new Set();
  const end = Date.now() + kLimitMillis;
  while (seen.size < wanted.length && Date.now() < end) {
    for (const line of await tlcp('bind_session', `LS_session=${session}&${kPoll}1000`)) {
      const update = /^U,(\d+),1,(?!#$)./.exec(line);
      if (update) seen.add(Number(update[1]));
      expect(!/^(CONERR|END),/.test(line), line);
    }
  }
  const missing = wanted.filter((one, i) => !seen.has(i + 1)).map(([adapter]) => adapter);
  expect(missing.length === 0, `no value from ${missing.join(' and ')}`);
  await tlcp('control', 'LS_reqId=9&LS_op=destroy', query);
}

main().catch((error) => {
  console.error(`probe: ${error.message}`);
  process.exit(1);
});
