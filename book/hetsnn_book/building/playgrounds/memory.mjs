// Playground: a trained memory network; watch the neuron that carries the cue, silence it, and lengthen the corridor.

import { chart } from "playgrounds/chart";
import { element, report } from "playgrounds/elements";
import { episode } from "playgrounds/network";
import { panel } from "playgrounds/panel";
import { colours } from "playgrounds/theme";

const CUES = [-1, 1];

/** Return the carriers: neurons whose spike at the last step depends on the cue. */
const carriers = ([one, other]) => one.spikes.at(-1).flatMap((spike, i) => (spike === other.spikes.at(-1)[i] ? [] : [i]));

export default function memory(box, networks) {
  const hidden = networks[0].neuron.tau_m.length, longest = networks.at(-1).length;
  const fields = [
    { kind: "choice", name: "trained", label: "Network trained for length", options: networks.map(({ length }) => [length, `${length}`]), value: 10 },
    { kind: "slider", name: "corridor", sign: "L", label: "length of the corridor", min: 1, max: longest + 10, step: 1, value: 10, unit: " steps" },
    { kind: "slider", name: "neuron", label: "neuron to watch", min: 1, max: hidden, step: 1, value: 1 },
    { kind: "toggle", name: "silenced", label: "Silence it", value: false },
  ];
  const settings = panel(box, fields, changed);
  const said = report(), charts = element("div", { class: "playground-charts" });
  box.append(said, charts);
  let courses = null, order = [], watched = 0;
  const raster = chart(charts, {
    height: 340,
    x: { label: "step", whole: true, range: (_, least, most) => [-0.5, most + 0.5] },
    y: { label: "neurons, the slowest on top", range: [-1, hidden] },
    series: [
      { name: "spike under both cues", colour: "muted", points: "square" },
      { name: "under cue +1 only", colour: "first", points: "square" },
      { name: "under cue \u22121 only", colour: "second", points: "square" },
    ],
    draw: drawRaster,
  });
  const potentials = chart(charts, {
    height: 340,
    x: { label: "step", whole: true, range: (_, least, most) => [-0.5, most + 0.5] },
    y: { label: "its membrane potential v" },
    series: [
      { name: "cue +1", colour: "first" },
      { name: "cue \u22121", colour: "second", dash: [8, 3] },
      { name: "its threshold", colour: "text", dash: [3, 3], width: 1 },
    ],
  });

  function drawRaster(plot) {
    if (!courses) return;
    const { ctx, bbox } = plot, shades = colours(), steps = courses[0].spikes.length;
    const [wide, high] = [bbox.width / (steps + 1), bbox.height / (hidden + 1)].map((size) => Math.max(size - 1, 1));
    order.forEach((neuron, row) => {
      for (let step = 0; step < steps; step += 1) {
        const [minus, plus] = courses.map(({ spikes }) => spikes[step][neuron]);
        if (!minus && !plus) continue;
        ctx.fillStyle = minus && plus ? shades.muted : shades[plus ? "first" : "second"];
        ctx.fillRect(plot.valToPos(step, "x", true) - wide / 2, plot.valToPos(row, "y", true) - high / 2, wide, high);
      }
    });
    ctx.save();
    ctx.setLineDash([]);
    ctx.strokeStyle = shades.text;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.strokeRect(bbox.left, plot.valToPos(order.indexOf(watched), "y", true) - high / 2 - 2, bbox.width, high + 4);
    ctx.restore();
  }

  /** Another network comes with its own length, and with a carrier to watch. */
  function changed(name) {
    const { trained } = settings.values(), network = networks.find(({ length }) => length === Number(trained));
    if (name === "trained" || name === null && courses === null) {
      const [first] = carriers(CUES.map((cue) => episode(network, cue, network.length)));
      settings.note({ corridor: network.length, neuron: first + 1, silenced: false });
    }
    show(network);
  }

  function show(network) {
    const { corridor, neuron, silenced } = settings.values();
    watched = neuron - 1;
    order = network.neuron.tau_m.map((_, i) => i).sort((a, b) => network.neuron.tau_m[a] - network.neuron.tau_m[b]);
    courses = CUES.map((cue) => episode(network, cue, corridor, silenced ? [watched] : []));
    const right = CUES.filter((cue, i) => Math.sign(courses[i].margin || -1) === cue);
    const found = carriers(courses).map((i) => i + 1);
    const carry = found.length === 0 ? "No neuron carries the cue to the last step." : found.length === 1 ? `Neuron ${found[0]} alone carries the cue to the last step.`
      : `${found.length} neurons carry the cue to the last step: ${found.join(", ")}.`;
    const { tau_m, v_th, v_rest } = network.neuron;
    const of = (values) => values[watched].toFixed(2).replace("-", "\u2212");
    said.textContent = `${right.length === 2 ? "Both cues are answered right." : right.length === 1 ? "The answer is the same for both cues, so one is wrong." : "Both answers are wrong."} ${carry}`
      + ` Neuron ${neuron}: time constant ${of(tau_m)} steps, threshold ${of(v_th)}, resting potential ${of(v_rest)}${v_rest[watched] >= v_th[watched] ? ": it rests above its threshold and fires until it is pushed down" : ""}.`;
    const steps = courses[0].spikes.map((_, step) => step), [minus, plus] = courses.map(({ voltages }) => voltages.map((all) => all[watched]));
    raster([steps, ...[0, 1, 2].map(() => steps.map(() => null))], `Spikes of ${hidden} neurons during ${steps.length} steps, under both cues. ${carry}`);
    potentials([steps, plus, minus, steps.map(() => v_th[watched])], `Membrane potential of neuron ${neuron} under both cues, with its threshold.`);
  }

  settings.start();
}
