// SPDX-License-Identifier: Apache-2.0
// Requests of the server, read token by token as the SDKs do: each argument must have its type, and
// nothing may be left over.
const kTypes = {
  S: (token, decode) => decode(token),
  I: (token) => integer(token),
  L: (token) => integer(token),
  M: (token) => (/^[RMDC]$/.test(token) ? token : undefined),
};
const integer = (token) => (/^-?\d+$/.test(token) ? Number(token) : undefined);

const kPlain = { NSC: 'S', GIS: 'SSS', GSC: 'SSSS', NUM: 'SSS', SUB: 'S', USB: 'S' };
const kLists = { GIT: ['', 'S', 1], GUI: ['S', 'S', 0], NUS: ['SS', 'SS', 0], NUA: ['SSS', 'SS', 0], NNS: ['SS', 'SS', 0] };

// The values of a request's arguments; a table is an object. `fault(text)` makes what is thrown.
export function readRequest(method, tokens, { sdk, version }, fault) {
  let at = 0;
  const take = (type) => {
    if (tokens[at] !== type) throw fault(`${type} wanted in place of ${tokens[at]}`);
    const value = at + 1 < tokens.length ? kTypes[type](tokens[at + 1], sdk.decode) : undefined;
    if (value === undefined) throw fault(`no ${type}: ${tokens[at + 1]}`);
    at += 2;
    return value;
  };
  const all = (types) => [...types].map(take);
  const repeated = (types, least) => {
    const values = [];
    let count = 0;
    for (; at < tokens.length; ++count) values.push(...all(types));
    if (count < least) throw fault('too few arguments');
    return values;
  };
  const table = () => {
    const [winIndex, mode, group] = all('IMS');
    const adapter = version >= '1.9' ? take('S') : undefined;
    const [schema, min, max, selector] = all('SIIS');
    const one = { winIndex, mode, group, adapter, schema, min, max, selector };
    if (version >= '1.9' && sdk.tables === 'all') {
      one.items = Array.from({ length: take('I') }, () => take('S'));
      if (method === 'NTC') {
        one.statistics = Array.from({ length: take('I') }, () => all('LLL'));
        if (one.statistics.length > 0 && !sdk.statistics) throw fault('statistics');
      }
    }
    return one;
  };
  const tables = () => {
    const list = [];
    while (at < tokens.length) list.push(table());
    if (list.length !== 1) throw fault(`${list.length} tables`);
    return list;
  };
  const values = () => {
    if (kPlain[method]) return all(kPlain[method]);
    if (kLists[method]) return [...all(kLists[method][0]), ...repeated(kLists[method][1], kLists[method][2])];
    if (method === 'NNT') return [...all('SS'), ...tables()];
    if (method === 'NTC') return [...all('S'), ...tables()];
    throw fault('an unknown method');
  };
  const read = values();
  if (at !== tokens.length) throw fault('arguments too many');
  return read;
}
