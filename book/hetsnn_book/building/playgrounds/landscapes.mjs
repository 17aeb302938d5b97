// Losses of two parameters between -3 and 3.

export const LANDSCAPES = {
  bowl: ["a bowl", (x, y) => x * x + 3 * y * y],
  valley: ["a curved valley", (x, y) => 2 * (y + 1.5 - 0.5 * x * x) ** 2 + 0.3 * (x - 1.5) ** 2],
  ripples: ["a bowl with ripples", (x, y) => x * x + y * y + 3 * (2 - Math.cos(5 * x) - Math.cos(5 * y))],
  stairs: ["stairs: no slope anywhere", (x, y) => Math.floor(2 * Math.hypot(x - 1, y - 0.5))],
  reward: ["a plain with one rewarded place", (x, y) => (Math.hypot(x - 1, y - 0.5) < 1 ? 0 : 1)],
};
export const START = [-2.2, -1.8], EDGE = 3;
