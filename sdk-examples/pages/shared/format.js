// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

export const kNothing = "–";

/** A formatter that shows null as a dash and leaves text that is no number as it is. */
function numeric(format) {
  return (value) => {
    if (value === null || value === undefined || value === "") {
      return kNothing;
    }
    const number = Number(value);
    return Number.isFinite(number) ? format(number) : value;
  };
}

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const priceText = new Intl.NumberFormat(
    "en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

export const text = (value) => value ?? kNothing;
export const whole = numeric((number) => grouped.format(number));
export const price = numeric((number) => priceText.format(number));
export const percent = numeric((number) => `${number.toFixed(1)} %`);
export const change =
    numeric((number) => `${number > 0 ? "+" : number < 0 ? "−" : ""}${Math.abs(number).toFixed(2)} %`);

/** Bytes with a binary unit: 1536 is shown as 1.5 KiB. */
export const bytes = numeric((number) => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  let rest = number;
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${unit === 0 || rest >= 100 ? rest.toFixed(0) : rest.toFixed(1)} ${units[unit]}`;
});

export const bytesPerSecond = (value) => {
  const shown = bytes(value);
  return shown === kNothing ? shown : `${shown}/s`;
};
