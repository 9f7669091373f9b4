# SPDX-License-Identifier: Apache-2.0
"""A picture of ratios as SVG: a bar for each, on a logarithmic axis, and a mark where its target is."""
import math
from xml.sax.saxutils import escape

ROW, LABELS, WIDTH, RIGHT, TOP, BOTTOM = 26, 300, 430, 70, 44, 36
# Legible on white and on black.
STYLE = """text{font:13px system-ui,sans-serif;fill:#7a8290}.n{fill:#2f7fd1}.m{fill:#d1702f}
.a{stroke:#7a8290;stroke-opacity:.35}.t{stroke:#2aa05a;stroke-width:3}"""


def bar_plot(title, bars):
    """`bars`: (label, ratio, target), of which more is better; one that misses its target has another colour."""
    numbers = [number for _, ratio, target in bars for number in (ratio, target)] + [1.0]
    low, high = math.log(min(numbers) * 0.8), math.log(max(numbers) * 1.2)

    def x(number):
        return LABELS + (math.log(number) - low) / (high - low) * WIDTH

    height = TOP + ROW * len(bars) + BOTTOM
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LABELS + WIDTH + RIGHT} {height}" role="img">',
           f"<title>{escape(title)}</title><style>{STYLE}</style>", f'<text x="8" y="20">{escape(title)}</text>']
    for tick in (0.5, 1, 2, 5, 10, 20, 50, 100):
        if low <= math.log(tick) <= high:
            out.append(f'<line class="a" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP - 8}" y2="{height - BOTTOM}"/>'
                       f'<text x="{x(tick):.1f}" y="{height - BOTTOM + 18}" text-anchor="middle">{tick:g}</text>')
    for i, (label, ratio, target) in enumerate(bars):
        y = TOP + ROW * i
        left, right = sorted((x(1.0), x(ratio)))
        out.append(f'<text x="{LABELS - 8}" y="{y + 15}" text-anchor="end">{escape(label)}</text>'
                   f'<rect class="{"n" if ratio >= target else "m"}" x="{left:.1f}" y="{y + 3}" '
                   f'width="{max(right - left, 1):.1f}" height="{ROW - 8}"/>'
                   f'<line class="t" x1="{x(target):.1f}" x2="{x(target):.1f}" y1="{y}" y2="{y + ROW - 2}"/>'
                   f'<text x="{max(right, x(target)) + 6:.1f}" y="{y + 16}">{ratio:.2f}</text>')
    return "\n".join(out) + "\n</svg>\n"
