// SPDX-License-Identifier: Apache-2.0
// A server with low limits, on which a test reaches one and then looks at what was counted and logged.
import assert from 'node:assert/strict';

import { DataAdapter, MetadataAdapter } from './ari.mjs';
import { kCid } from './lines.mjs';
import { adapterSet, Server } from './server.mjs';
import { TlcpSocket } from './tlcp_ws.mjs';
import { totalsOf } from './totals.mjs';

// The neighbour comes from another address than everybody else.
export const kNeighbour = '127.0.0.2';

// Runs `act({ server, adapter, metadata })` on a server of its own; gives what all shards counted. No address is trusted
// unless `limits` says so. `answers`: there is a Metadata Adapter, and answers like that.
export async function guarded(limits, act, { shards = 1, answers, ...sections } = {}) {
  const set = await adapterSet({ metadata: answers ? { timeout_millis: 20000 } : null });
  const server = await Server.start({
    adapter_set: [set],
    server: { shards },
    limits: { trusted_addresses: [], ...limits },
    ...sections,
  });
  const metadata = answers && (await MetadataAdapter.start(set.metadata_adapter.request_reply_port, { answers }));
  const adapter = await DataAdapter.start(set.data_adapter[0].request_reply_port, { snapshots: { '*': { n: '0' } } });
  await act({ server, adapter, metadata });
  metadata?.kill();
  adapter.kill();
  await server.stop();
  return totalsOf(server.log);
}

// That the limit was counted so often, and told in the log once with the client.
export function assertTold(server, counted, limit, times, client = '127.0.0.1') {
  assert.equal(counted[`over_${limit}`], times, `over_${limit}`);
  const lines = server.log.split('\n').filter((line) => line.includes('limit reached') && line.includes(`limit=${limit} `));
  assert.equal(lines.length, 1, lines.join('\n'));
  assert.ok(lines[0].includes(`client=${client}`), lines[0]);
}

// The answer to a create on a WebSocket of its own, which stays open: { socket, line }.
export async function create(server, params = '', { from } = {}) {
  const socket = await TlcpSocket.open(server.port, { from });
  socket.send(`create_session\r\n${kCid}&LS_adapter_set=DEMO&LS_send_sync=false${params}`);
  const line = await socket.next(/^(CONOK|CONERR)/);
  socket.sessionId = line.split(',')[1];
  return { socket, line };
}
