// Playground: evolution on a landscape of two parameters; a population of mirrored pairs moves its centre by Eq. 7 and 8, step by step.

import { chart } from "playgrounds/chart";
import { button, element, report } from "playgrounds/elements";
import { EDGE, LANDSCAPES, START } from "playgrounds/landscapes";
import { panel } from "playgrounds/panel";
import { normal } from "playgrounds/random";
import { ask, begin, drawn, tell } from "playgrounds/search";
import { colours } from "playgrounds/theme";

const PER_SECOND = 10, LAST = 500, CELLS = 80;
const FIELDS = [
  { kind: "choice", name: "landscape", label: "Landscape", options: Object.entries(LANDSCAPES).map(([name, [text]]) => [name, text]), value: "bowl" },
  { kind: "slider", name: "sigma", sign: "\u03c3", label: "width of the perturbations", min: 0.05, max: 1.5, step: 0.05, value: 0.3 },
  { kind: "slider", name: "rate", sign: "\u03b1", label: "Adam\u2019s rate", min: 0.01, max: 0.5, step: 0.01, value: 0.1 },
  { kind: "slider", name: "population", sign: "M", label: "candidates", min: 2, max: 64, step: 2, value: 16 },
  { kind: "hidden", name: "generation", value: 0 },
  { kind: "hidden", name: "seed", value: 1 },
];

/** Return a picture of a landscape, darker (or, on a dark page, lighter) where the loss is larger. */
function picture(loss, shade) {
  const canvas = element("canvas", { width: CELLS, height: CELLS }), context = canvas.getContext("2d");
  const at = (cell) => -EDGE + (2 * EDGE * (cell + 0.5)) / CELLS;
  const losses = Array.from({ length: CELLS ** 2 }, (_, i) => Math.sqrt(loss(at(i % CELLS), -at(Math.floor(i / CELLS)))));
  const most = Math.max(...losses);
  context.fillStyle = shade;
  losses.forEach((value, i) => {
    context.globalAlpha = (0.6 * value) / most;
    context.fillRect(i % CELLS, Math.floor(i / CELLS), 1, 1);
  });
  return canvas;
}

export default function evolution(box) {
  let past, candidates, losses, draw; // the searches so far, and the population of the last of them
  let timer = null;
  const settings = panel(box, FIELDS, changed);
  const run = button("Run", () => (timer === null ? play() : stop()));
  settings.row.prepend(button("One generation", () => { stop(); step(); show(); }), run,
    button("Start again", () => { stop(); settings.set({ generation: 0 }); }),
    button("Other noise", () => { stop(); settings.set({ generation: 0, seed: settings.values().seed + 1 }); }));
  const said = report();
  const charts = element("div", { class: "playground-charts" });
  box.append(said, charts);
  const map = chart(charts, {
    height: 340,
    x: { label: "first parameter", range: [-EDGE, EDGE] },
    y: { label: "second parameter", range: [-EDGE, EDGE] },
    series: [
      { name: "centre and its path", colour: "third", points: true },
      { name: "better half", colour: "first", points: true },
      { name: "worse half", colour: "second", points: "square" },
    ],
    below: drawLandscape,
    draw: drawSearch,
  });
  const course = chart(charts, {
    height: 340,
    x: { label: "generation", whole: true, range: (_, least, most) => [0, Math.max(20, most)] },
    y: { label: "loss", range: (_, least, most) => [0, 1.05 * (most || 1)] },
    series: [{ name: "mean of the population", colour: "first" }, { name: "centre", colour: "third", dash: [6, 4] }],
  });
  const means = [];

  function drawLandscape(plot) {
    const { ctx, bbox } = plot;
    ctx.drawImage(picture(LANDSCAPES[settings.values().landscape][1], colours().muted), bbox.left, bbox.top, bbox.width, bbox.height);
  }

  function drawSearch(plot) {
    if (!past) return;
    const { ctx, bbox } = plot, shades = colours(), pixel = devicePixelRatio;
    const place = ([x, y]) => [plot.valToPos(x, "x", true), plot.valToPos(y, "y", true)];
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.setLineDash([]);
    const half = candidates.length / 2;
    ctx.lineWidth = pixel;
    ctx.strokeStyle = shades.text;
    ctx.globalAlpha = 0.4;
    ctx.beginPath();
    for (let j = 0; j < half; j += 1) { ctx.moveTo(...place(candidates[j])); ctx.lineTo(...place(candidates[j + half])); }
    ctx.stroke();
    ctx.globalAlpha = 1;
    const middle = [...losses].sort((a, b) => a - b)[half];
    candidates.forEach((candidate, j) => {
      const [x, y] = place(candidate), better = losses[j] < middle;
      ctx.fillStyle = better ? shades.first : shades.second;
      ctx.beginPath();
      if (better) ctx.arc(x, y, 4 * pixel, 0, 2 * Math.PI); else ctx.rect(x - 3 * pixel, y - 3 * pixel, 6 * pixel, 6 * pixel);
      ctx.fill();
    });
    ctx.strokeStyle = ctx.fillStyle = shades.third;
    ctx.lineWidth = 3 * pixel;
    ctx.beginPath();
    past.forEach(({ centre }) => ctx.lineTo(...place(centre)));
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(...place(past.at(-1).centre), 6 * pixel, 0, 2 * Math.PI);
    ctx.fill();
    ctx.restore();
  }

  /** Draw the population of the present generation, and take its losses. */
  function populate() {
    const { population, sigma, landscape } = settings.values();
    candidates = ask(past.at(-1), drawn(draw, population / 2, 2), sigma);
    losses = candidates.map((candidate) => LANDSCAPES[landscape][1](...candidate));
    means.push(losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
  }

  function step() {
    if (past.length > LAST) return;
    past.push(tell(past.at(-1), candidates, losses, settings.values()));
    populate();
  }

  /** Begin anew, and go on to the generation that the setting names. */
  function changed(name) {
    stop();
    if (name !== null) { settings.set({ generation: 0 }); return; }
    const { seed, generation } = settings.values();
    draw = normal(seed);
    past = [begin(START)];
    means.length = 0;
    populate();
    while (past.length <= Math.min(generation, LAST)) step();
    show();
  }

  function show() {
    const { landscape } = settings.values(), [text, loss] = LANDSCAPES[landscape];
    const here = past.at(-1).centre, tie = new Set(losses).size === 1;
    const words = `Generation ${past.length - 1}: mean loss ${means.at(-1).toFixed(2)}, at the centre ${loss(...here).toFixed(2)}.`
      + (tie ? " All candidates have the same loss: a tie, which moves nothing but by what Adam remembers." : "");
    said.textContent = words;
    const at = here.map((value) => value.toFixed(2)).join(" and ");
    map([[-EDGE, EDGE], [null, null], [null, null], [null, null]],
      `The landscape, ${text}, with a population of ${candidates.length} candidates in mirrored pairs about the centre at ${at}.`);
    course([past.map((_, i) => i), [...means], past.map(({ centre }) => loss(...centre))], `Loss by generation. ${words}`);
    settings.note({ generation: past.length - 1 });
  }

  function play() {
    run.textContent = "Stop";
    timer = setInterval(() => { step(); show(); if (past.length > LAST) stop(); }, 1000 / PER_SECOND);
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    run.textContent = "Run";
  }

  settings.start();
}
