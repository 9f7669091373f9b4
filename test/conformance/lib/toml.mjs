// SPDX-License-Identifier: Apache-2.0
// Writes settings as the TOML that the server reads: objects are tables, lists of objects lists of
// tables; a list of plain objects inside a key named below stays inline.
const kInline = new Set(['response_headers', 'credentials', 'remote_params', 'certificates']);

function value(data) {
  if (Array.isArray(data)) return `[${data.map(value).join(', ')}]`;
  if (typeof data === 'object') {
    return `{ ${Object.entries(data).map(([key, inner]) => `${key} = ${value(inner)}`).join(', ')} }`;
  }
  return JSON.stringify(data);
}

const isTable = (key, data) => typeof data === 'object' && data !== null && !Array.isArray(data);
const isTables = (key, data) =>
  Array.isArray(data) && data.length > 0 && typeof data[0] === 'object' && !kInline.has(key);

export function toml(settings, path = '') {
  let text = '';
  const nested = [];
  for (const [key, data] of Object.entries(settings)) {
    if (data === undefined) continue;
    const inner = path ? `${path}.${key}` : key;
    if (isTables(key, data)) {
      for (const one of data) nested.push(`\n[[${inner}]]\n${toml(one, inner)}`);
    } else if (isTable(key, data)) {
      nested.push(`\n[${inner}]\n${toml(data, inner)}`);
    } else {
      text += `${key} = ${value(data)}\n`;
    }
  }
  return text + nested.join('');
}
