// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

/** Lights a cell for a moment. `direction` is positive, negative or zero (or NaN for text). */
export function flash(cell, direction) {
  if (calm.matches || document.hidden) {
    return;
  }
  const name = direction > 0 ? "--up-flash" : direction < 0 ? "--down-flash" : "--same-flash";
  const colour = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  cell.animate([{ backgroundColor: colour }, { backgroundColor: "transparent" }],
               { duration: 900, easing: "ease-out" });
}

/**
 * Shows `value` in a cell, as `text`, and flashes when it is another one than before.
 * The value as received stays readable in `data-value`; it is absent where the value is null.
 */
export function show(cell, value, text) {
  const before = cell.dataset.value;
  if (value === null || value === undefined) {
    delete cell.dataset.value;
  } else {
    cell.dataset.value = value;
  }
  cell.textContent = text;
  if (before !== undefined && value !== null && before !== value) {
    flash(cell, Number(value) - Number(before));
  }
}
