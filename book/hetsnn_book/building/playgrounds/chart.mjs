// A chart: uPlot (vendor/) in the page's colours, as wide as its place, described for those who do not see it.

import { element } from "playgrounds/elements";
import { colours, onTheme } from "playgrounds/theme";

const FONT = "13px system-ui, sans-serif";

const WHOLE = [1, 2, 5, 10, 20, 50, 100, 200, 500];

function axis({ label, values, whole }, size) {
  return {
    label, size, values, incrs: whole ? WHOLE : undefined, font: FONT, labelFont: FONT, labelSize: 20,
    stroke: () => colours().text,
    grid: { stroke: () => colours().grid, width: 1 },
    ticks: { stroke: () => colours().grid, width: 1 },
  };
}

function line({ colour, dash, width = 2, points = false, stepped = false }) {
  return {
    stroke: () => colours()[colour],
    width: points ? 0 : width,
    dash,
    paths: stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
    points: { show: Boolean(points), size: 9, fill: () => colours()[colour] },
  };
}

const swatch = ({ name, colour, dash, points }) =>
  element("li", {}, element("span", { class: `playground-${points === "square" ? "square" : points ? "dot" : "dash"}`, style: `--colour: var(--playground-${colour}); --style: ${dash ? "dashed" : "solid"}` }), name);

/**
 * Put a chart into a playground.
 *
 * x, y: {label, range, values, whole}, where a range is [least, most] or a function (chart, least, most) -> [least, most],
 * values turns the numbers of ticks into words, and ticks are whole numbers where `whole` is true.
 * series: list of {name, colour, dash, points, stepped}; a series without a name stays out of the legend.
 * draw: function of uPlot's chart that draws more, on top; below: one that draws underneath.
 *
 * Return a function that shows data, [x, ...series], and takes the description of what they show.
 */
export function chart(box, { height = 240, x, y, series, draw, below }) {
  const place = element("div", { class: "playground-chart", role: "img" });
  const legend = element("ul", { class: "playground-legend" }, ...series.filter((one) => one.name).map(swatch));
  box.append(element("div", {}, place, legend));
  const options = {
    width: Math.max(place.clientWidth, 240),
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: x.range }, y: { range: y.range } },
    axes: [axis(x, 42), axis(y, 50)],
    series: [{}, ...series.map(line)],
    hooks: { draw: draw ? [draw] : [], drawClear: below ? [below] : [] },
  };
  const plot = new uPlot(options, [[], ...series.map(() => [])], place);
  onTheme(() => plot.redraw());
  new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (width > 0 && width !== plot.width) plot.setSize({ width, height });
  }).observe(place);
  return (data, description) => {
    plot.setData(data);
    place.setAttribute("aria-label", description);
  };
}
