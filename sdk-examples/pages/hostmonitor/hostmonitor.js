// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

import { Connection } from "../shared/connection.js";
import { show } from "../shared/flash.js";
import { bytes, bytesPerSecond, percent, text, whole } from "../shared/format.js";

const kDataAdapter = "HOSTMONITOR";
const kDirectory = "hosts.items";

const busy = (all) => 100 - Number(all.idle);
const used = (all) => (100 * Number(all.used)) / Number(all.total);

// What there is to see of each family of items: [field, label, format].
const kFamilies = {
  load: {
    title: () => "Load",
    fields: [["one", "1 minute", text], ["five", "5 minutes", text], ["fifteen", "15 minutes", text],
             ["running", "Running", whole], ["processes", "Processes", whole]],
  },
  memory: {
    title: () => "Memory",
    gauge: used,
    fields: [["used", "Used", bytes], ["available", "Available", bytes], ["cached", "Cached", bytes],
             ["total", "Total", bytes], ["swap_used", "Swap used", bytes]],
  },
  cpu: {
    title: (name) => `Processor ${name}`,
    gauge: busy,
    fields: [["user", "User", percent], ["system", "System", percent],
             ["iowait", "Waiting for I/O", percent], ["idle", "Idle", percent]],
  },
  disk: {
    title: (name) => `Disk ${name}`,
    fields: [["read_bytes", "Read", bytesPerSecond], ["write_bytes", "Written", bytesPerSecond],
             ["reads", "Reads a second", text], ["writes", "Writes a second", text]],
  },
  net: {
    title: (name) => `Network ${name}`,
    fields: [["rx_bytes", "In", bytesPerSecond], ["tx_bytes", "Out", bytesPerSecond],
             ["rx_packets", "Packets in a second", text], ["tx_packets", "Packets out a second", text]],
  },
  process: {
    fields: [["name", "Name", text], ["pid", "Process", text], ["cpu", "Processor", percent],
             ["resident", "Memory", bytes]],
  },
};

const tiles = document.querySelector("#tiles");
const processes = document.querySelector("#processes");
const subscribed = new Map();  // item -> its subscription

function familyOf(item) {
  const family = item.split(".")[0];
  return Object.hasOwn(kFamilies, family) ? family : null;
}

function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function valueElement(tag, item, field) {
  const made = make(tag, { textContent: "–" });
  made.dataset.item = item;
  made.dataset.field = field;
  return made;
}

function buildTile(item, family) {
  const name = item.slice(family.length + 1);
  const tile = make("article", { className: "tile" });
  tile.dataset.tile = item;
  tile.append(make("h2", {}, kFamilies[family].title(name), make("span", { textContent: item })));
  if (kFamilies[family].gauge) {
    tile.append(make("div", { className: "gauge" }, make("i")));
  }
  const list = make("dl");
  for (const [field, label] of kFamilies[family].fields) {
    list.append(make("div", {}, make("dt", { textContent: label }), valueElement("dd", item, field)));
  }
  tile.append(list);
  return tile;
}

function buildRow(item) {
  const row = make("tr");
  row.dataset.tile = item;
  for (const [field] of kFamilies.process.fields) {
    row.append(valueElement("td", item, field));
  }
  document.querySelector("#processes-panel").hidden = false;
  return row;
}

function onUpdate(item, changed, all) {
  const place = document.querySelector(`[data-tile="${CSS.escape(item)}"]`);
  const family = kFamilies[familyOf(item)];
  for (const [field, , format] of family.fields) {
    if (field in changed) {
      show(place.querySelector(`[data-field="${field}"]`), changed[field], format(changed[field]));
    }
  }
  if (family.gauge) {
    const level = family.gauge(all);
    place.querySelector(".gauge i").style.width =
        `${Number.isFinite(level) ? Math.min(100, Math.max(0, level)) : 0}%`;
  }
}

/** Follows the directory item: subscribes what has come, drops what has gone. */
function onDirectory(item, changed, all) {
  const names = (all.names || "").split(" ").filter((name) => familyOf(name) !== null);
  document.querySelector("#item-count").textContent = String(names.length);
  for (const [name, subscription] of subscribed) {
    if (!names.includes(name)) {
      connection.unsubscribe(subscription);
      subscribed.delete(name);
      document.querySelector(`[data-tile="${CSS.escape(name)}"]`).remove();
    }
  }
  for (const name of names) {
    if (!subscribed.has(name)) {
      const family = familyOf(name);
      if (family === "process") {
        processes.append(buildRow(name));
      } else {
        tiles.append(buildTile(name, family));
      }
      subscribed.set(name, connection.subscribe({
        dataAdapter: kDataAdapter,
        items: [name],
        fields: kFamilies[family].fields.map(([field]) => field),
        onUpdate,
      }));
    }
  }
}

const connection = new Connection();
connection.subscribe(
    { dataAdapter: kDataAdapter, items: [kDirectory], fields: ["names"], onUpdate: onDirectory });
connection.open();
