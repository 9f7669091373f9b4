// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

import { Connection } from "../shared/connection.js";

const kKeptLines = 200;

const lines = document.querySelector("#lines");
const join = document.querySelector("#join");
const say = document.querySelector("#say");
const outcome = document.querySelector("#outcome");
const connection = new Connection({ adapterSet: "CHAT" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

function make(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** One line. What people write gets into the page as text and never as markup. */
function addLine({ user, text, time }) {
  const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
  const when = new Date(Number(time));
  lines.append(make(
      "li", { className: user === connection.settings.user ? "own" : "" },
      make("bdi", { className: "who", textContent: user }),
      make("time", { dateTime: when.toISOString(), textContent: clock.format(when) }),
      make("p", { dir: "auto", textContent: text })));
  while (lines.childElementCount > kKeptLines) {
    lines.firstElementChild.remove();
  }
  if (atEnd) {
    lines.scrollTop = lines.scrollHeight;
  }
}

function showForms() {
  const { user } = connection.settings;
  const inside = user !== null && connection.page.error === null;
  document.querySelector("#me").textContent = user ?? "";
  join.hidden = inside;
  say.hidden = !inside;
}

connection.subscribe({
  mode: "DISTINCT",
  dataAdapter: "CHAT",
  items: ["chat"],
  fields: ["user", "text", "time"],
  onStart: () => lines.replaceChildren(),
  onUpdate: (item, changed, all) => addLine(all),
});
connection.client.addListener({ onServerError: showForms });

join.addEventListener("submit", (event) => {
  event.preventDefault();
  connection.signIn(join.elements.user.value);
  showForms();
  say.elements.text.focus();
});
say.addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = say.elements.text.value;
  say.elements.text.value = "";
  const refusal = await connection.send(text, "chat");
  outcome.textContent = refusal === null ? "" : `Not sent: ${refusal}`;
});

showForms();
if (connection.settings.user !== null) {
  connection.open();
}
