// SPDX-License-Identifier: Apache-2.0
// The official client in a process of its own, which trusts whom NODE_EXTRA_CA_CERTS names: says its
// statuses and the values of one item. node lib/tls_client.mjs URL TRANSPORT ITEM
import { createRequire } from 'node:module';

const { LightstreamerClient, Subscription } = createRequire(import.meta.url)('lightstreamer-client-node');

const [url, transport, item] = process.argv.slice(2);
const client = new LightstreamerClient(url, 'DEMO');
client.connectionOptions.setForcedTransport(transport);
client.addListener({
  onStatusChange: (status) => console.log(`status ${status}`),
  onServerError: (code, message) => console.log(`error ${code} ${message}`),
});
const subscription = new Subscription('MERGE', [item], ['value']);
subscription.addListener({ onItemUpdate: (update) => console.log(`value ${update.getValue('value')}`) });
client.subscribe(subscription);
client.connect();
