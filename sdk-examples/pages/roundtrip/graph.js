// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

const kSvg = "http://www.w3.org/2000/svg";
const kMarginLeft = 44;

function element(name, attributes, text = "") {
  const made = document.createElementNS(kSvg, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.textContent = text;
  return made;
}

/** A bar for each of the last times, the newest on the right. */
export function drawBars(host, times, most) {
  const { clientWidth: width, clientHeight: height } = host;
  const shown = times.slice(-most);
  const top = Math.max(...shown, 1);
  const step = (width - kMarginLeft) / most;
  const svg = element("svg", {
    viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `The last ${shown.length} round trips`,
  });
  for (const part of [0, 0.5, 1]) {
    const y = Math.max(12, height - 1 - part * (height - 14));
    svg.append(element("line", { x1: kMarginLeft, x2: width, y1: y, y2: y }),
               element("text", { x: kMarginLeft - 6, y: y - 2, "text-anchor": "end" }, (part * top).toFixed(1)));
  }
  shown.forEach((time, i) => {
    const bar = Math.max(1, (time / top) * (height - 14));
    svg.append(element("rect", {
      x: (width - (shown.length - i) * step).toFixed(1), y: (height - 1 - bar).toFixed(1),
      width: Math.max(0.5, step - 1).toFixed(1), height: bar.toFixed(1),
    }));
  });
  host.replaceChildren(svg);
}
