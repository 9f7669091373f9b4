// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

import { Connection } from "../shared/connection.js";
import { show } from "../shared/flash.js";
import { text } from "../shared/format.js";

const form = document.querySelector("#name-form");
const connection = new Connection({ adapterSet: "HELLO" });
let subscription = null;

/** Shows the greeting of one item in place of the one before. */
function greet(item) {
  if (subscription !== null) {
    connection.unsubscribe(subscription);
  }
  for (const field of ["greeting", "time"]) {
    const place = document.querySelector(`#${field}`);
    delete place.dataset.value;
    Object.assign(place.dataset, { item, field });
    place.textContent = "–";
  }
  subscription = connection.subscribe({
    dataAdapter: "HELLO",
    items: [item],
    fields: ["greeting", "time"],
    onUpdate: (name, changed) => {
      for (const [field, value] of Object.entries(changed)) {
        const place = document.querySelector(`[data-item="${CSS.escape(name)}"][data-field="${field}"]`);
        if (place !== null) {
          show(place, value, text(value));
        }
      }
    },
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  greet(form.elements.name.value);
});
greet(form.elements.name.value);
connection.open();
