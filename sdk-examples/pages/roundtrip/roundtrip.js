// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

import { Connection } from "../shared/connection.js";
import { kNothing, whole } from "../shared/format.js";
import { Figures } from "./figures.js";
import { drawBars } from "./graph.js";

const kKept = 500;
const kDrawn = 120;
const kMostOpen = 50;  // with so many on their way another one would only wait, too

const figures = new Figures(kKept);
const sent = new Map();  // number -> when it was sent
const graph = document.querySelector("#graph");
const interval = document.querySelector("#interval");
const connection = new Connection({ adapterSet: "ROUNDTRIP" });
let next = 1;
let listening = false;
let timer = null;

function showFigure(name, text) {
  document.querySelector(`[data-figure="${name}"]`).textContent = text;
}

function showAll() {
  const summary = figures.summary();
  for (const name of ["last", "min", "avg", "p99", "max"]) {
    showFigure(name, summary === null ? kNothing : summary[name].toFixed(1));
  }
  showFigure("count", summary === null ? kNothing : whole(summary.count));
  showFigure("open", whole(sent.size));
  drawBars(graph, figures.times, kDrawn);
}

async function send() {
  if (!listening || sent.size >= kMostOpen) {
    return;
  }
  const number = String(next);
  next += 1;
  sent.set(number, performance.now());
  const refusal = await connection.send(number);
  if (refusal !== null) {
    sent.delete(number);
  }
}

function onUpdate(item, changed, all, update) {
  const now = performance.now();
  const number = update.getValue("text");
  if (sent.has(number)) {
    figures.add(now - sent.get(number));
    sent.delete(number);
    requestAnimationFrame(showAll);
  }
}

function startTimer() {
  clearInterval(timer);
  timer = setInterval(send, Number(interval.value));
}

connection.subscribe({
  mode: "RAW",
  dataAdapter: "ECHO",
  items: ["echo"],
  fields: ["text"],
  onUpdate,
  onStart: () => {
    sent.clear();
    listening = true;
  },
});
interval.addEventListener("change", startTimer);
startTimer();
showAll();
connection.open();
