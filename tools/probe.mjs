// SPDX-License-Identifier: Apache-2.0
// Is the quickstart up? Fetches the pages and the client library, opens a session on each Adapter
// Set, and wants to hear from each Data Adapter. Needs nothing but Node itself.
//   node tools/probe.mjs http://127.0.0.1:8080
import http from 'node:http';

const [base] = process.argv.slice(2);
const kLimitMillis = 8000;

// What to subscribe: a value is to come, or else the line that `heard` describes.
const kSets = [
  {
    id: 'DEMO',
    data: [
      { adapter: 'STOCKLIST', item: 'stock.AAPL', mode: 'MERGE', fields: 'price' },
      { adapter: 'HOSTMONITOR', item: 'memory', mode: 'MERGE', fields: 'total' },
    ],
  },
  { id: 'HELLO', data: [{ adapter: 'HELLO', item: 'world', mode: 'MERGE', fields: 'greeting' }] },
  { id: 'CHAT', user: 'probe', data: [{ adapter: 'CHAT', item: 'chat', mode: 'DISTINCT', fields: 'text', heard: 'EOS' }] },
  {
    id: 'PORTFOLIO',
    data: [
      { adapter: 'PORTFOLIO', item: 'portfolio', mode: 'COMMAND', fields: 'key command', heard: 'EOS' },
      { adapter: 'STOCKLIST', item: 'stock.IBM', mode: 'MERGE', fields: 'price' },
    ],
  },
  { id: 'ROUNDTRIP', message: 'hello', data: [{ adapter: 'ECHO', item: 'echo', mode: 'RAW', fields: 'text' }] },
];
if (process.env.PENSTOCK_SENSORS === 'true') {
  kSets.push({ id: 'SENSORS', data: [{ adapter: 'SENSORS', item: 'sensor.disk', mode: 'MERGE', fields: 'value' }] });
}
const kPages = ['/', ...['hello', 'stocklist', 'hostmonitor', 'chat', 'portfolio', 'roundtrip', 'sensors'].map((name) => `/${name}/`), '/lib/lightstreamer.min.js'];

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

// Which subscription a line is heard from, if it is what was waited for; 0 for all others.
function heardFrom(line, data) {
  const [, what, number] = /^(U|EOS),(\d+),1(?:$|,(?!#$).)/.exec(line) ?? [];
  return number && what === (data[number - 1].heard ?? 'U') ? Number(number) : 0;
}

async function probe({ id, user, message, data }) {
  const who = user ? `&LS_user=${user}` : '';
  const [conok] = await tlcp('create_session', `LS_cid=mgQkwtwdysogQz2BJ4Ji%20kOj2Bg&LS_adapter_set=${id}${who}&${kPoll}0`);
  expect(conok?.startsWith('CONOK,'), `no session on ${id}: ${conok}`);
  const session = conok.split(',')[1];
  const query = `&LS_session=${session}`;
  const adds = data.map(({ adapter, item, mode, fields }, i) =>
    `LS_reqId=${i + 1}&LS_op=add&LS_subId=${i + 1}&LS_mode=${mode}&LS_group=${item}&LS_schema=${encodeURIComponent(fields)}&LS_data_adapter=${adapter}` +
    (mode === 'RAW' ? '' : '&LS_snapshot=true'));
  const answers = await tlcp('control', adds.join('\r\n'), query);
  expect(answers.every((line) => line.startsWith('REQOK,')), `subscriptions on ${id} refused: ${answers.join(' ')}`);
  const heard = new Set();
  const end = Date.now() + kLimitMillis;
  for (let i = 100; heard.size < data.length && Date.now() < end; ++i) {
    if (message) await tlcp('msg', `LS_reqId=${i}&LS_outcome=false&LS_message=${message}`, query);
    for (const line of await tlcp('bind_session', `LS_session=${session}&${kPoll}1000`)) {
      const number = heardFrom(line, data);
      if (number > 0) heard.add(number);
      expect(!/^(CONERR|END),/.test(line), line);
    }
  }
  const missing = data.filter((one, i) => !heard.has(i + 1)).map(({ adapter }) => adapter);
  expect(missing.length === 0, `nothing from ${missing.join(' and ')} of ${id}`);
  await tlcp('control', 'LS_reqId=9&LS_op=destroy', query);
}

async function main() {
  for (const path of kPages) {
    expect((await request('GET', path)).status === 200, `GET ${path} fails`);
  }
  await Promise.all(kSets.map(probe));
}

main().catch((error) => {
  console.error(`probe: ${error.message}`);
  process.exit(1);
});
