// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

import { Connection } from "../shared/connection.js";
import { show } from "../shared/flash.js";
import { kNothing, price, whole } from "../shared/format.js";

const kSymbols = ["AAPL", "AMZN", "GOOG", "IBM", "MSFT"];
const kColumns = ["quantity", "price", "value"];
const kFormat = { quantity: whole, price, value: price };

const rows = document.querySelector("#rows");
const order = document.querySelector("#order");
const join = document.querySelector("#join");
const outcome = document.querySelector("#outcome");
const connection = new Connection({ adapterSet: "PORTFOLIO" });

const symbolOf = (key) => key.split(".")[1];
const rowOf = (key) => rows.querySelector(`[data-row="${CSS.escape(key)}"]`);

function addRow(key) {
  const row = rows.insertRow();
  row.dataset.row = key;
  row.insertCell().textContent = symbolOf(key);
  for (const field of kColumns) {
    const value = document.createElement("span");
    Object.assign(value.dataset, { item: key, field });
    value.textContent = kNothing;
    row.insertCell().append(value);
  }
  return row;
}

function showTotal() {
  document.querySelector("#empty").hidden = rows.childElementCount > 0;
  let total = 0;
  for (const value of rows.querySelectorAll('[data-field="value"]')) {
    total += Number(value.dataset.value ?? 0);
  }
  show(document.querySelector("#total"), String(total), price(total));
}

// The library tells of a row and of its second level alike: all that is known of the row.
function onUpdate(item, changed, all, update) {
  const key = update.getValue("key");
  if (update.getValue("command") === "DELETE") {
    rowOf(key)?.remove();
  } else {
    const row = rowOf(key) ?? addRow(key);
    const quantity = update.getValue("quantity");
    const now = update.getValue("price");
    const value = quantity === null || now === null ? null : String(Number(quantity) * Number(now));
    for (const [field, shown] of Object.entries({ quantity, price: now, value })) {
      show(row.querySelector(`[data-field="${field}"]`), shown, kFormat[field](shown));
    }
  }
  showTotal();
}

function onStart() {
  rows.replaceChildren();
  showTotal();
}

for (const symbol of kSymbols) {
  order.elements.symbol.add(new Option(symbol, `stock.${symbol}`));
}
order.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { symbol, quantity } = order.elements;
  const side = event.submitter.value;
  const what = `${side} ${quantity.value} ${symbolOf(symbol.value)}`;
  const refusal = await connection.send(`${side} ${symbol.value} ${quantity.value}`, "orders");
  outcome.textContent = refusal === null ? `Done: ${what}.` : `Not done: ${what}. ${refusal}`;
});

const showUser = () => {
  document.querySelector("#owner").textContent = connection.settings.user ?? "guest";
};
join.addEventListener("submit", (event) => {
  event.preventDefault();
  connection.signIn(join.elements.user.value);
  showUser();
});
showUser();

connection.subscribe({
  mode: "COMMAND",
  dataAdapter: "PORTFOLIO",
  items: ["portfolio"],
  fields: ["key", "command", "quantity"],
  configure: (subscription) => {
    subscription.setCommandSecondLevelDataAdapter("STOCKLIST");
    subscription.setCommandSecondLevelFields(["price"]);
  },
  onUpdate,
  onStart,
});
connection.open();
