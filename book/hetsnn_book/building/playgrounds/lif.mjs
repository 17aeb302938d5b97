// The leaky integrate-and-fire neuron, Eq. 2: `lif_step`, `simulate` and `firing_rate` of hetsnn.networks.

/** Take one Euler step; a neuron is {tau_m, v_th, v_rest, r_m}. Return the potential after it, and 1 for a spike or 0. */
export function lifStep(voltage, current, { tau_m, v_th, v_rest, r_m }, dt = 1) {
  const potential = voltage + (dt / tau_m) * (r_m * current - voltage + v_rest);
  return potential >= v_th ? [v_rest, 1] : [potential, 0];
}

/** Return the potentials after each step and the spikes of a neuron that starts at rest. */
export function simulate(currents, neuron, dt = 1) {
  let voltage = neuron.v_rest;
  const voltages = [], spikes = [];
  for (const current of currents) {
    const [after, spike] = lifStep(voltage, current, neuron, dt);
    voltages.push(after);
    spikes.push(spike);
    voltage = after;
  }
  return { voltages, spikes };
}

/** Return the exact rate under a constant current (Eq. B), spikes per unit of time. */
export function firingRate(current, { tau_m, v_th, v_rest, r_m }, dt = 1) {
  const drive = r_m * current, distance = v_th - v_rest, leak = dt / tau_m;
  if (drive * leak >= distance) return 1 / dt;
  if (drive <= distance || leak >= 1) return 0;
  const keep = Math.log1p(-leak);
  let steps = Math.ceil(Math.log1p(-distance / drive) / keep);
  // Rounding can push a ratio of logarithms that is a whole number to the next one.
  if (-drive * Math.expm1((steps - 1) * keep) >= distance) steps -= 1;
  return 1 / (steps * dt);
}

/** Return the neuron with the roles of threshold and resting potential exchanged, at the same distance. */
export const mirrored = (neuron) => ({ ...neuron, v_th: 1 - neuron.v_rest, v_rest: 1 - neuron.v_th });
