// SPDX-License-Identifier: Apache-2.0
// The official client as a program, for a machine of its own: follows one item and prints each update.
//   node outside_client.mjs <url> <data adapter> <item> <field>
import { Client } from '../lib/client.mjs';

const [url, adapter, item, field] = process.argv.slice(2);
const client = await Client.connected(url);
const record = client.subscribe([item], [field], { adapter });
record.subscription.addListener({ onItemUpdate: (update) => console.log(`update ${update.getValue(field)}`) });
