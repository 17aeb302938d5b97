// Playground: one neuron under a constant current with noise; its potential, its spikes and its rate.

import { chart } from "playgrounds/chart";
import { button, element, report } from "playgrounds/elements";
import { firingRate, mirrored, simulate } from "playgrounds/lif";
import { panel } from "playgrounds/panel";
import { normal } from "playgrounds/random";
import { colours } from "playgrounds/theme";

const SHOWN = 60, COUNTED = 2000; // steps
const REFERENCE = { tau_m: 5, v_th: 1, v_rest: 0, r_m: 1, current: 1.5, noise: 0 };
export const PRESETS = [
  ["the reference", {}],
  ["\u03c4m = 2", { tau_m: 2 }], ["\u03c4m = 20", { tau_m: 20 }],
  ["vth = 0.5", { v_th: 0.5 }], ["vth = 1.4", { v_th: 1.4 }],
  ["vrest = \u22120.4", { v_rest: -0.4 }], ["vrest = 0.5", { v_rest: 0.5 }],
  ["R = 0.6", { r_m: 0.6 }], ["R = 2", { r_m: 2 }],
];
const FIELDS = [
  { kind: "slider", name: "tau_m", sign: "\u03c4_m", label: "time constant", min: 1, max: 30, step: 0.5, unit: " steps" },
  { kind: "slider", name: "v_th", sign: "v_th", label: "threshold", min: -1, max: 3, step: 0.05 },
  { kind: "slider", name: "v_rest", sign: "v_rest", label: "resting potential", min: -1, max: 2, step: 0.05 },
  { kind: "slider", name: "r_m", sign: "R", label: "resistance", min: 0, max: 3, step: 0.05 },
  { kind: "slider", name: "current", sign: "I", label: "input current", min: -1, max: 4, step: 0.05 },
  { kind: "slider", name: "noise", label: "noise of the current", min: 0, max: 3, step: 0.1 },
].map((field) => ({ ...field, value: REFERENCE[field.name] }));

/** Return the currents of a setting: constant, with normal noise on each step. */
export function currents({ current, noise, seed }, steps) {
  const draw = normal(seed);
  return Array.from({ length: steps }, () => current + noise * draw());
}

/** Return a spike train in words. */
function pattern(spikes) {
  const times = spikes.flatMap((spike, step) => (spike ? [step + 1] : []));
  if (times.length === 0) return "It is silent.";
  const gaps = new Set(times.map((time, i) => time - (times[i - 1] ?? 0)));
  if (gaps.size > 1) return "It fires irregularly.";
  return times[0] === 1 ? "It fires at every step." : `It fires every ${times[0]} steps.`;
}

export default function neuron(box) {
  const ticks = [];
  const drawSpikes = (plot) => {
    const { ctx, bbox } = plot, shades = colours();
    ctx.save();
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.setLineDash([]);
    ticks.forEach(({ spikes, colour }, row) => {
      const top = bbox.top + (row * 0.1 + 0.01) * bbox.height;
      ctx.strokeStyle = shades[colour];
      ctx.beginPath();
      spikes.forEach((spike, step) => {
        const at = plot.valToPos(step + 1, "x", true);
        if (spike) { ctx.moveTo(at, top); ctx.lineTo(at, top + 0.08 * bbox.height); }
      });
      ctx.stroke();
    });
    ctx.restore();
  };

  const presets = element("select", { "aria-label": "Neurons of Fig. 1" }, element("option", { value: "" }, "Neurons of Fig. 1"),
    ...PRESETS.map(([name], i) => element("option", { value: i }, name)));
  presets.addEventListener("input", () => {
    if (presets.value === "") return;
    const chosen = presets.value;
    settings.set({ ...REFERENCE, ...PRESETS[chosen][1] });
    presets.value = chosen;
  });

  const fields = [...FIELDS, { kind: "toggle", name: "mirror", label: "Mirror", value: false }, { kind: "hidden", name: "seed", value: 1 }];
  const settings = panel(box, fields, show);
  settings.row.prepend(presets);
  settings.row.insertBefore(button("Other noise", () => settings.set({ seed: settings.values().seed + 1 })), settings.row.lastChild);
  const said = report();
  box.append(said);
  const charts = element("div", { class: "playground-charts" });
  box.append(charts);
  const potentials = chart(charts, {
    x: { label: "step", whole: true, range: [0, SHOWN + 1] },
    y: { label: "membrane potential v", range: (_, least, most) => [least - 0.1, most + 0.35 * (most - least + 0.5)] },
    series: [
      { name: "this neuron, spikes above", colour: "first" },
      { colour: "first", dash: [6, 4], width: 1 }, { colour: "first", dash: [2, 3], width: 1 },
      { name: "its mirror image", colour: "second", dash: [8, 3] },
      { colour: "second", dash: [6, 4], width: 1 }, { colour: "second", dash: [2, 3], width: 1 },
    ],
    draw: drawSpikes,
  });
  const rates = chart(charts, {
    x: { label: "input current I", range: [-1, 4] },
    y: { label: "spikes per step", range: [-0.02, 1.08] },
    series: [
      { name: "constant current, Eq. B", colour: "first" },
      { name: "counted here", colour: "third", points: true },
      { colour: "second", dash: [8, 3] },
    ],
  });
  const axis = Array.from({ length: 501 }, (_, i) => -1 + i / 100);

  function show() {
    const values = settings.values();
    presets.value = "";
    const input = currents(values, COUNTED), image = mirrored(values);
    const here = simulate(input, values), there = simulate(input, image);
    const rate = here.spikes.reduce((sum, spike) => sum + spike, 0) / COUNTED;
    const apart = here.spikes.filter((spike, step) => spike !== there.spikes[step]).length;
    const steps = Array.from({ length: SHOWN }, (_, step) => step + 1);
    const level = (value) => steps.map(() => value), none = level(null);
    ticks.splice(0, 2, { spikes: here.spikes.slice(0, SHOWN), colour: "first" },
      ...(values.mirror ? [{ spikes: there.spikes.slice(0, SHOWN), colour: "second" }] : []));
    const words = `${pattern(here.spikes)} Counted over ${COUNTED.toLocaleString("en")} steps: ${rate.toFixed(3)} spikes per step.`;
    potentials([steps, here.voltages.slice(0, SHOWN), level(values.v_th), level(values.v_rest),
      ...(values.mirror ? [there.voltages.slice(0, SHOWN), level(image.v_th), level(image.v_rest)] : [none, none, none])],
    `Membrane potential and spikes during ${SHOWN} steps. ${words} Dashed: threshold; dotted: rest.`);
    const nearest = axis.map((at) => (Math.abs(at - values.current) < 0.005 ? rate : null));
    rates([axis, axis.map((at) => firingRate(at, values)), nearest, axis.map((at) => (values.mirror ? firingRate(at, image) : null))],
      `Firing rate against constant current, and the rate counted at a current of ${values.current}: ${rate.toFixed(3)} spikes per step.`);
    const distance = (values.v_th - values.v_rest).toFixed(2).replace("-", "\u2212");
    const mirror = ` Mirror image: threshold ${image.v_th.toFixed(2)}, rest ${image.v_rest.toFixed(2)}, the same distance of ${distance}. `
      .replaceAll("-", "\u2212") + (apart ? `The two differ at ${apart} of ${COUNTED} steps: there a potential meets the threshold to the last bit.`
      : `The spikes of the two are the same at all ${COUNTED.toLocaleString("en")} steps.`);
    said.textContent = words + (values.mirror ? mirror : "");
  }

  settings.start();
}
