// Playground: the width of evolved time constants as a dial, Adam's rate times the root of the generations, with and without selection.

import { chart } from "playgrounds/chart";
import { button, element, report } from "playgrounds/elements";
import { panel } from "playgrounds/panel";
import { normal, uniform } from "playgrounds/random";
import { ask, begin, drawn, tell } from "playgrounds/search";

const NEURONS = 64, PAIRS = 16, SIGMA = 0.3, TARGET = Math.log(5); // of tau_m over its initial value
const FITNESS = {
  one: ["one neuron: five times as slow", (logs) => Math.abs(logs[0] - TARGET)],
  mean: ["the mean: five times as slow", (logs) => Math.abs(sum(logs) / NEURONS - TARGET)],
  alike: ["all neurons: unchanged", (logs) => sum(logs.map((value) => value ** 2))],
};
const FIELDS = [
  { kind: "slider", name: "rate", sign: "\u03b1", label: "Adam\u2019s rate", min: 0.005, max: 0.1, step: 0.005, value: 0.03 },
  { kind: "slider", name: "generations", sign: "G", label: "generations", min: 10, max: 600, step: 10, value: 200 },
  { kind: "choice", name: "fitness", label: "What fitness depends on", options: Object.entries(FITNESS).map(([name, [text]]) => [name, text]), value: "one" },
  { kind: "hidden", name: "seed", value: 1 },
];
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** Return the standard deviation. */
export function spread(values) {
  const mean = sum(values) / values.length;
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length);
}

/** Return values in another order (Fisher and Yates). */
function shuffled(values, draw) {
  const mixed = [...values];
  for (let i = mixed.length - 1; i > 0; i -= 1) {
    const other = Math.floor(draw() * (i + 1));
    [mixed[i], mixed[other]] = [mixed[other], mixed[i]];
  }
  return mixed;
}

/**
 * Evolve log tau_m of all neurons from 0, and beside it a search that receives the same losses, shuffled among its own
 * candidates. Return the spread of both by generation, and where both end.
 */
export function evolve({ rate, generations, fitness, seed }) {
  const draw = normal(seed), order = uniform(seed + 1), loss = FITNESS[fitness][1];
  let selected = begin(new Array(NEURONS).fill(0)), drifting = selected;
  const spreads = { selected: [0], drifting: [0] };
  for (let generation = 0; generation < generations; generation += 1) {
    const noise = drawn(draw, PAIRS, NEURONS), settings = { sigma: SIGMA, rate };
    const candidates = ask(selected, noise, SIGMA), losses = candidates.map(loss);
    selected = tell(selected, candidates, losses, settings);
    drifting = tell(drifting, ask(drifting, noise, SIGMA), shuffled(losses, order), settings);
    spreads.selected.push(spread(selected.centre));
    spreads.drifting.push(spread(drifting.centre));
  }
  return { spreads, selected: selected.centre, drifting: drifting.centre };
}

/** Return the share of neurons in each bin of log tau_m. */
const shares = (logs, bins, width) => bins.map((from) => logs.filter((value) => value >= from && value < from + width).length / logs.length);

export default function drift(box, cells) {
  const settings = panel(box, FIELDS, later);
  settings.row.prepend(button("Other noise", () => settings.set({ seed: settings.values().seed + 1 })));
  const said = report(), charts = element("div", { class: "playground-charts" });
  box.append(said, charts);
  const course = chart(charts, {
    x: { label: "generation", whole: true },
    y: { label: "spread: sd of log \u03c4m", range: (_, least, most) => [0, 1.1 * Math.max(most, 0.4)] },
    series: [
      { name: "with selection", colour: "first" },
      { name: "without: fitness shuffled", colour: "second", dash: [8, 3] },
      { name: "rate \u00d7 \u221agenerations", colour: "text", dash: [2, 4] },
      { name: "mouse and human cells", colour: "third", width: 1 }, { colour: "third", width: 1 },
    ],
  });
  const histogram = chart(charts, {
    x: { label: "\u03c4m over its initial value, log scale", range: [-2, 2], values: (_, ticks) => ticks.map((at) => Math.exp(at).toPrecision(2)) },
    y: { label: "share of 64 neurons", range: (_, least, most) => [0, 1.1 * (most || 1)] },
    series: [
      { name: "with selection", colour: "first", stepped: true },
      { name: "without", colour: "second", stepped: true, dash: [8, 3] },
    ],
  });
  const width = 0.2, bins = Array.from({ length: 21 }, (_, i) => -2 + i * width);
  let waiting = 0;

  function later() {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(show);
  }

  function show() {
    const values = settings.values(), found = evolve(values);
    const generations = found.spreads.selected.map((_, i) => i), rule = (i) => values.rate * Math.sqrt(i);
    const level = (value) => generations.map(() => value);
    const [selected, drifting] = [found.selected, found.drifting].map((logs) => spread(logs).toFixed(2));
    const human = Math.round((cells.human / values.rate) ** 2);
    said.textContent = `After ${values.generations} generations the time constants spread by ${selected} with selection and by ${drifting} without;`
      + ` the rule says ${rule(values.generations).toFixed(2)}. At this rate drift is as wide as the human cells (${cells.human.toFixed(2)}) after about ${human} generations.`;
    course([generations, found.spreads.selected, found.spreads.drifting, generations.map(rule), level(cells.mouse), level(cells.human)],
      `Spread of the time constants by generation. ${said.textContent}`);
    histogram([bins, shares(found.selected, bins, width), shares(found.drifting, bins, width)],
      `Histograms of 64 time constants after ${values.generations} generations, with and without selection; their spreads are ${selected} and ${drifting}.`);
  }

  settings.start();
}
