// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.

const kSvg = "http://www.w3.org/2000/svg";
const kMargin = { top: 10, right: 12, bottom: 22, left: 52 };
const kGridLines = 4;

function element(name, attributes, text) {
  const made = document.createElementNS(kSvg, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

/** A line of values against their dates. Draws at most once a frame. */
export class Chart {
  #host;
  #svg = element("svg", { role: "img" });
  #points = [];
  #title = "";
  #pending = false;

  constructor(host) {
    this.#host = host;
    host.replaceChildren(this.#svg);
    new ResizeObserver(() => this.#schedule()).observe(host);
  }

  /** `points` is a list of {date: "2000-01-31", value: 12.5}, in order; kept by reference. */
  draw(title, points) {
    this.#title = title;
    this.#points = points;
    this.#schedule();
  }

  #schedule() {
    if (!this.#pending) {
      this.#pending = true;
      requestAnimationFrame(() => {
        this.#pending = false;
        this.#paint();
      });
    }
  }

  #paint() {
    const width = this.#host.clientWidth;
    const height = this.#host.clientHeight;
    if (width === 0 || height === 0) {
      return;
    }
    const svg = this.#svg;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("aria-label", `${this.#title}, ${this.#points.length} values`);
    if (this.#points.length < 2) {
      svg.replaceChildren(element("text", { x: width / 2, y: height / 2, "text-anchor": "middle" },
                                  "Waiting for a second value"));
      return;
    }
    const times = this.#points.map((point) => Date.parse(point.date));
    const values = this.#points.map((point) => point.value);
    const [first, last] = [times[0], times[times.length - 1]];
    let [low, high] = [Math.min(...values), Math.max(...values)];
    const pad = (high - low) * 0.08 || Math.abs(high) * 0.05 || 1;
    low -= pad;
    high += pad;
    const bottom = height - kMargin.bottom;
    const x = (time) => kMargin.left +
        ((time - first) / (last - first || 1)) * (width - kMargin.left - kMargin.right);
    const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - kMargin.top);

    const parts = [];
    const digits = high - low < 10 ? 2 : 0;
    for (let step = 0; step <= kGridLines; step += 1) {
      const value = low + ((high - low) * step) / kGridLines;
      const at = y(value);
      parts.push(element("line", { class: "grid", x1: kMargin.left, x2: width - kMargin.right, y1: at, y2: at }));
      parts.push(element("text", { x: kMargin.left - 6, y: at + 4, "text-anchor": "end" }, value.toFixed(digits)));
    }
    const line = times.map((time, i) => `${x(time).toFixed(1)},${y(values[i]).toFixed(1)}`).join(" ");
    parts.push(element("polygon", { class: "area", points: `${x(first)},${bottom} ${line} ${x(last)},${bottom}` }));
    parts.push(element("polyline", { class: "line", points: line }));
    parts.push(element("circle", { class: "dot", cx: x(last), cy: y(values[values.length - 1]), r: 3.5 }));
    parts.push(element("text", { x: kMargin.left, y: height - 5 }, this.#points[0].date));
    parts.push(element("text", { x: width - kMargin.right, y: height - 5, "text-anchor": "end" },
                       this.#points[this.#points.length - 1].date));
    svg.replaceChildren(...parts);
  }
}
