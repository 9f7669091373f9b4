// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

// What the stock list must show, worked out from the recorded files alone: this reader shares no
// code with the adapter or with the pages.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const kMonths = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const kNames = { MSFT: "Microsoft", AMZN: "Amazon.com", IBM: "IBM", GOOG: "Google", AAPL: "Apple" };

/** The folder with the recorded files: PENSTOCK_DATA, or the installed package. */
export function dataFolder() {
  if (process.env.PENSTOCK_DATA) {
    return process.env.PENSTOCK_DATA;
  }
  const packages = createRequire(import.meta.url).resolve.paths("vega-datasets");
  for (const folder of packages) {
    const data = join(folder, "vega-datasets", "data");
    try {
      readFileSync(join(data, "stocks.csv"));
      return data;
    } catch {
      continue;
    }
  }
  throw new Error(`no recorded data: set PENSTOCK_DATA, or install vega-datasets beside ${dirname(packages[0])}`);
}

// Neither file has quoted fields.
function rows(file) {
  const [head, ...lines] = readFileSync(file, "utf8").split(/\r?\n/).filter((line) => line !== "");
  const columns = head.split(",");
  return lines.map((line) => {
    const fields = line.split(",");
    return Object.fromEntries(columns.map((column, i) => [column, fields[i]]));
  });
}

function isoDay(text) {
  const [month, day, year] = text.split(" ");
  const number = kMonths.indexOf(month) + 1;
  return `${year}-${String(number).padStart(2, "0")}-${day.padStart(2, "0")}`;
}

/** item -> date -> field -> text of the file, or null. */
export function expectedValues(folder = dataFolder()) {
  const expected = { "index.SP500": {} };
  for (const row of rows(join(folder, "sp500-2000.csv"))) {
    const { date, open, high, low, close, volume } = row;
    expected["index.SP500"][date] = { date, open, high, low, close, volume };
  }
  const previous = {};
  for (const { symbol, date, price } of rows(join(folder, "stocks.csv"))) {
    const item = `stock.${symbol}`;
    const before = previous[symbol] ?? null;
    const change = before === null ? null : ((Number(price) - Number(before)) / Number(before)) * 100;
    expected[item] ??= {};
    expected[item][isoDay(date)] = {
      symbol,
      name: kNames[symbol],
      date: isoDay(date),
      price,
      previous: before,
      change_pct: change === null ? null : change.toFixed(2).replace(/^-0\.00$/, "0.00"),
    };
    previous[symbol] = price;
  }
  return expected;
}

function grouped(number, digits) {
  return number.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The text that a person must read on the screen for a recorded value. */
export function expectedText(field, value) {
  if (value === null) {
    return "–";
  }
  switch (field) {
    case "symbol": case "name": case "date": return value;
    case "volume": return grouped(Number(value), 0);
    case "change_pct": {
      const sign = Number(value) > 0 ? "+" : Number(value) < 0 ? "−" : "";
      return `${sign}${Math.abs(Number(value)).toFixed(2)} %`;
    }
    default: return grouped(Number(value), 2);
  }
}
