// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

import { Connection } from "../shared/connection.js";
import { show } from "../shared/flash.js";
import { kNothing, price, text } from "../shared/format.js";

const kItems = ["timer", "disk", "files", "memory"].map((name) => `sensor.${name}`);
const kColumns = ["name", "value", "time"];

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hour12: false });
const withUnit = (value, { unit }) => {
  const number = Number.isInteger(Number(value)) ? text(value) : price(value);
  return unit ? `${number} ${unit}` : number;
};
const kFormat = {
  name: text,
  value: (value, all) => (value === null ? kNothing : withUnit(value, all)),
  time: (value) => (value === null ? kNothing : clock.format(Number(value))),
};

const cells = new Map();  // item -> field -> its cell
for (const item of kItems) {
  const row = document.querySelector("#sensors").insertRow();
  cells.set(item, Object.fromEntries(kColumns.map((field) => {
    const cell = row.insertCell();
    Object.assign(cell.dataset, { item, field });
    cell.textContent = kNothing;
    cell.classList.toggle("wrap", field === "name");
    return [field, cell];
  })));
}

const connection = new Connection({ adapterSet: "SENSORS" });
connection.subscribe({
  dataAdapter: "SENSORS",
  items: kItems,
  fields: ["name", "value", "unit", "time"],
  onUpdate: (item, changed, all) => {
    for (const [field, cell] of Object.entries(cells.get(item))) {
      if (field in changed && field === "time") {
        cell.textContent = kFormat.time(changed.time);  // no flash for what always changes
        cell.dataset.value = changed.time;
      } else if (field in changed) {
        show(cell, changed[field], kFormat[field](changed[field], all));
      }
    }
  },
});
connection.open();
