// SPDX-License-Identifier: Apache-2.0
// What a server counted, as it says it at its stop: the sums over all shards, by name.
export function totalsOf(log) {
  const sum = {};
  for (const line of log.split('\n')) {
    if (!line.includes('shard totals')) continue;
    for (const [, name, value] of line.matchAll(/(\w+)=(\d+)/g)) sum[name] = (sum[name] ?? 0) + Number(value);
  }
  return sum;
}
