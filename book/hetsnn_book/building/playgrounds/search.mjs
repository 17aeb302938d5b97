// An evolution strategy, Eq. 7 and 8 as hetsnn.Evolution takes them: mirrored pairs, centred ranks, Adam.

const FORGETTING = [0.9, 0.999], SMALL = 1e-8; // Adam's

/** Return a search at a centre, before its first generation. */
export const begin = (centre) => ({ centre, generation: 0, first: centre.map(() => 0), second: centre.map(() => 0) });

/** Return normal noise for half a population; the other half is its mirror image. */
export const drawn = (draw, pairs, dimensions) => Array.from({ length: pairs }, () => Array.from({ length: dimensions }, draw));

/** Return the candidates: the centre plus and minus sigma times each row of noise. */
export function ask({ centre }, noise, sigma) {
  const moved = (sign) => noise.map((row) => row.map((value, d) => centre[d] + sign * sigma * value));
  return [...moved(1), ...moved(-1)];
}

/** Return the ranks of losses between -0.5, the smallest, and 0.5; equal losses share the mean of their ranks. */
export function centredRanks(losses) {
  const order = losses.map((_, i) => i).sort((a, b) => losses[a] - losses[b]);
  const ranks = new Array(losses.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && losses[order[to]] === losses[order[from]]) to += 1;
    for (let i = from; i < to; i += 1) ranks[order[i]] = (from + to - 1) / 2 / (losses.length - 1) - 0.5;
    from = to;
  }
  return ranks;
}

/** Return the search after it has learned the candidates' losses: a step of Adam against the gradient of Eq. 7. */
export function tell(search, candidates, losses, { sigma, rate }) {
  const ranks = centredRanks(losses), generation = search.generation + 1;
  const gradient = search.centre.map((centre, d) =>
    candidates.reduce((sum, candidate, j) => sum + (ranks[j] * (candidate[d] - centre)) / sigma, 0) / (candidates.length * sigma));
  const averaged = (old, values, keep) => old.map((value, d) => keep * value + (1 - keep) * values[d]);
  const first = averaged(search.first, gradient, FORGETTING[0]);
  const second = averaged(search.second, gradient.map((value) => value * value), FORGETTING[1]);
  const [one, two] = FORGETTING.map((keep) => 1 - keep ** generation);
  const centre = search.centre.map((value, d) => value - (rate * (first[d] / one)) / (Math.sqrt(second[d] / two) + SMALL));
  return { centre, generation, first, second };
}
