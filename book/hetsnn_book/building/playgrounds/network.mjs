// A trained network on the memory task, step by step, as hetsnn's Memory and SpikingNetwork take it.

import { lifStep } from "playgrounds/lif";

/** Return the observations of an episode: a clock that falls from 1, nothing, and the cue, which is shown twice. */
export function observations(cue, length) {
  return Array.from({ length: length + 1 }, (_, step) => [1 - Math.max(step - 1, 0) / length, 0, step < 2 ? cue : 0]);
}

/**
 * Run an episode. A network has `input` (inputs, hidden), `output`, how much each neuron's spike speaks for cue +1, and
 * `neuron`, a list for each property; its read-out has no memory. Spikes of silenced neurons do not count.
 * Return potentials and spikes, (steps, hidden), and how far the output for cue +1 is above the other at the end.
 */
export function episode(network, cue, length, silenced = []) {
  const neurons = network.neuron.tau_m.map((tau_m, i) => ({
    tau_m, v_th: network.neuron.v_th[i], v_rest: network.neuron.v_rest[i], r_m: network.neuron.r_m[i],
  }));
  let voltages = neurons.map(({ v_rest }) => v_rest);
  const course = { voltages: [], spikes: [] };
  for (const seen of observations(cue, length)) {
    const steps = neurons.map((neuron, i) => lifStep(voltages[i], seen.reduce((sum, value, k) => sum + value * network.input[k][i], 0), neuron));
    voltages = steps.map(([voltage]) => voltage);
    course.voltages.push(voltages);
    course.spikes.push(steps.map(([, spike], i) => (silenced.includes(i) ? 0 : spike)));
  }
  const margin = course.spikes.at(-1).reduce((sum, spike, i) => sum + spike * network.output[i], 0);
  return { ...course, margin };
}
