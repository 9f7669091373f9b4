// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

import { Chart } from "./chart.js";
import { Connection } from "../shared/connection.js";
import { show } from "../shared/flash.js";
import { change, price, text, whole } from "../shared/format.js";

const kIndex = "index.SP500";
const kSymbols = ["MSFT", "AMZN", "IBM", "GOOG", "AAPL"];
const kStockFields = ["symbol", "name", "date", "price", "previous", "change_pct", "replay"];
const kIndexFields = ["symbol", "name", "date", "open", "high", "low", "close", "volume", "replay"];
const kColumns = ["symbol", "name", "date", "price", "previous", "change_pct"];
const kWideColumns = ["name", "previous"];
const kKeptPoints = 6000;
const kFormat = {
  price, previous: price, open: price, high: price, low: price, close: price,
  volume: whole, change_pct: change,
};

const history = new Map();
const chart = new Chart(document.querySelector("#chart"));
let chosen = kIndex;

function buildRows() {
  const body = document.querySelector("#stocks");
  for (const symbol of kSymbols) {
    const row = body.insertRow();
    row.dataset.row = `stock.${symbol}`;
    for (const field of kColumns) {
      const cell = row.insertCell();
      cell.dataset.item = `stock.${symbol}`;
      cell.dataset.field = field;
      cell.textContent = field === "symbol" ? symbol : "–";
      cell.classList.toggle("text", field === "name");
      cell.classList.toggle("wide", kWideColumns.includes(field));
    }
    row.addEventListener("click", () => choose(row.dataset.row));
  }
}

function buildChoice() {
  const choice = document.querySelector("#chart-item");
  for (const item of [kIndex, ...kSymbols.map((symbol) => `stock.${symbol}`)]) {
    choice.add(new Option(item.split(".")[1], item));
  }
  choice.addEventListener("change", () => choose(choice.value));
}

function choose(item) {
  chosen = item;
  document.querySelector("#chart-item").value = item;
  for (const row of document.querySelectorAll("[data-row]")) {
    row.setAttribute("aria-selected", String(row.dataset.row === item));
  }
  drawChart();
}

function drawChart() {
  chart.draw(chosen.split(".")[1], history.get(chosen) || []);
}

function remember(item, changed, all) {
  if ("replay" in changed || !history.has(item)) {
    history.set(item, []);  // another pass, or the first: its dates start again
  }
  const value = item === kIndex ? all.close : all.price;
  if (!("date" in changed) || all.date === null || value === null || value === undefined) {
    return;
  }
  const points = history.get(item);
  points.push({ date: all.date, value: Number(value) });
  if (points.length > kKeptPoints) {
    points.splice(0, points.length - kKeptPoints);
  }
}

function onUpdate(item, changed, all) {
  for (const [field, value] of Object.entries(changed)) {
    for (const cell of document.querySelectorAll(`[data-item="${item}"][data-field="${field}"]`)) {
      show(cell, value, (kFormat[field] || text)(value));
      if (field === "change_pct") {
        cell.classList.toggle("up", Number(value) > 0);
        cell.classList.toggle("down", Number(value) < 0);
      }
    }
  }
  remember(item, changed, all);
  if (item === chosen) {
    drawChart();
  }
}

buildRows();
buildChoice();
choose(kIndex);
const connection = new Connection();
connection.subscribe({
  dataAdapter: "STOCKLIST",
  items: kSymbols.map((symbol) => `stock.${symbol}`),
  fields: kStockFields,
  onUpdate,
});
connection.subscribe({ dataAdapter: "STOCKLIST", items: [kIndex], fields: kIndexFields, onUpdate });
connection.open();
