// SPDX-License-Identifier: Apache-2.0
// Copyright the Penstock authors.
#include "load/plot.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

namespace penstock::load {

namespace {

constexpr double kWidth = 720;
constexpr double kPanelHeight = 180;
constexpr double kLeft = 70;
constexpr double kTop = 30;
constexpr double kGap = 50;

using Value = std::function<double(const Second&)>;

// The next 1, 2 or 5 times a power of ten.
double RoundUp(double value) {
  if (value <= 0) return 1;
  const double unit = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (value <= step * unit) return step * unit;
  }
  return 10 * unit;
}

std::string Short(double value) {
  std::string text = std::to_string(value);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

struct Line {
  const char* name;
  const char* colour;
  Value value;
};

void WritePanel(const std::vector<Second>& seconds, double top, const std::string& title,
                const std::vector<Line>& lines, std::ostream& out) {
  const double last = seconds.empty() ? 1 : seconds.back().at;
  double most = 0;
  for (const Line& line : lines) {
    for (const Second& one : seconds) most = std::max(most, line.value(one));
  }
  most = RoundUp(most);
  const double bottom = top + kPanelHeight;
  out << "<text x=\"" << kLeft << "\" y=\"" << top - 10 << "\">" << title << "</text>\n";
  for (const double share : {0.0, 0.5, 1.0}) {
    const double y = bottom - share * kPanelHeight;
    out << "<path d=\"M" << kLeft << ' ' << y << 'H' << kWidth - 10 << "\" stroke=\"#ddd\"/>"
        << "<text x=\"" << kLeft - 6 << "\" y=\"" << y + 4 << "\" text-anchor=\"end\">"
        << Short(share * most) << "</text>\n";
  }
  double name_x = kWidth - 10;
  for (const Line& line : lines) {
    out << "<polyline fill=\"none\" stroke=\"" << line.colour
        << "\" stroke-width=\"1.5\" points=\"";
    for (const Second& one : seconds) {
      out << kLeft + one.at / last * (kWidth - 10 - kLeft) << ','
          << bottom - line.value(one) / most * kPanelHeight << ' ';
    }
    out << "\"/>\n<text x=\"" << name_x << "\" y=\"" << top - 10 << "\" text-anchor=\"end\" fill=\""
        << line.colour << "\">" << line.name << "</text>\n";
    name_x -= 60;
  }
  out << "<text x=\"" << kWidth - 10 << "\" y=\"" << bottom + 16 << "\" text-anchor=\"end\">"
      << Short(std::round(last)) << " s</text>\n";
}

}  // namespace

void WritePlot(const std::vector<Second>& seconds, std::ostream& out) {
  const double height = kTop + 2 * kPanelHeight + kGap + 30;
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << kWidth << "\" height=\"" << height
      << "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" "
         "fill=\"white\"/>\n";
  WritePanel(seconds, kTop, "deliveries a second",
             {{"", "#1565c0", [](const Second& one) { return one.deliveries; }}}, out);
  WritePanel(seconds, kTop + kPanelHeight + kGap, "latency, ms",
             {{"p99", "#c62828", [](const Second& one) { return one.p99_millis; }},
              {"p50", "#1565c0", [](const Second& one) { return one.p50_millis; }}},
             out);
  out << "</svg>\n";
}

}  // namespace penstock::load
