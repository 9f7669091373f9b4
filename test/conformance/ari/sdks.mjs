// SPDX-License-Identifier: Apache-2.0
// What is peculiar to each official SDK for adapters, as far as the server can see it. Peers that
// are scripted from these tables are no SDKs: they replay what real ones were seen to do.
const kHex = (byte, lower) => '%' + (lower ? byte.toString(16) : byte.toString(16).toUpperCase()).padStart(2, '0');
const escaped = (text, keep, lower = false) =>
  [...Buffer.from(text)].map((byte) => (byte < 128 && keep.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : kHex(byte, lower))).join('');
const orToken = (text, encode) => (text === null ? '#' : text === '' ? '$' : encode(text));

// Of the versions up to 1.8.3, and of the first packets in all.
export const formEncode = (text) => orToken(text, (one) => escaped(one, /[A-Za-z0-9\-_.* ]/).replaceAll(' ', '+'));
export const formDecode = (token) => (token === '#' ? null : token === '$' ? '' : decodeURIComponent(token.replaceAll('+', ' ')));
const plainDecode = (token) => (token === '#' ? null : token === '$' ? '' : decodeURIComponent(token));
const smartEncode = (text) =>
  orToken(text, (one) => (one === '#' || one === '$' ? escaped(one, /x/) : one.replace(/[\r\n|%+]/g, (c) => kHex(c.charCodeAt(0)))));

// version: the highest that it speaks, and answers to whatever is newer
// eol: what it ends its lines with
// rac: the names in its first packet, in this order; credentials go in front where they are given
// mergesTokens: adjacent bars are one for it, so that an empty token shifts what follows
// needsArguments: a request without any is discarded as malformed, with no answer
// decode, encode: of strings behind the first packets
// asciiInput: its reader dies of the first other byte, while its keepalives go on
// tables: how many tokens of a table it reads: all, or the first sixteen
// statistics: it can read those of NTC
// ttl, flags: NNS and NNT are answered with values instead of V
// lateSub: what becomes of a SUB that is overtaken by its USB: answered with EU, or never
// eosFirst: the end of a snapshot that is not there goes before the answer to SUB, or behind; 'either':
//   two queues, so now the one and now the other
// keepaliveAtInit: the first KEEPALIVE goes out as soon as init is read, in front of its answer
export const kJava17 = {
  name: 'Java 1.7', version: '1.9.1', eol: '\r\n', rac: { SDK: 'Java Remote Adapter SDK', enableClosePacket: 'true' },
  mergesTokens: true, needsArguments: true, decode: formDecode, encode: smartEncode,
  tables: 'all', statistics: true, ttl: true, flags: true, lateSub: 'EU', eosFirst: 'either',
};
export const kDotNet115 = {
  name: '.NET 1.15', version: '1.9.1', eol: '\n', rac: { enableClosePacket: 'true', SDK: '.Net Standard Adapter SDK' },
  mergesTokens: true, needsArguments: true, decode: formDecode,
  encode: (text) => orToken(text, (one) => escaped(one, /[A-Za-z0-9\-_. ]/, true)),
  tables: 'all', statistics: false, lateSub: 'EU', eosFirst: 'either', hoursOff: 9,
};
export const kPython131 = {
  name: 'Python 1.3.1', version: '1.8.3', eol: '\r\n', rac: { enableClosePacket: 'true', SDK: 'Python Adapter SDK' },
  mergesTokens: true, decode: formDecode, encode: formEncode, asciiInput: true,
  tables: 'all', lateSub: 'never', eosFirst: true,
};
export const kNode18 = {
  name: 'Node 1.8', version: '1.9.1', eol: '\n', rac: { enableClosePacket: 'true', SDK: 'Node.js Adapter SDK' },
  decode: plainDecode, encode: smartEncode,
  tables: 'sixteen', lateSub: 'EU', eosFirst: false, keepaliveAtInit: true,
};
export const kJava15 = {
  name: 'Java 1.5', version: '1.8.3', eol: '\r\n', rac: { enableClosePacket: 'true' }, twoConnections: true,
  mergesTokens: true, needsArguments: true, decode: formDecode, encode: formEncode,
  tables: 'all', lateSub: 'EU', eosFirst: 'either',
};
export const kJava14 = { ...kJava15, name: 'Java 1.4', version: '1.8.2' };
