// A robot's recording: a moving picture that follows the robot, and a button that starts it.

import { button, element } from "playgrounds/elements";
import { colours, onTheme } from "playgrounds/theme";

const WIDTH = 640, HEIGHT = 300, GROUND = 270, SCALE = 0.12; // pixels; the last of a millimetre, as in motion.py

export default function robot(box, recording, place) {
  const canvas = element("canvas", { width: WIDTH, height: HEIGHT, role: "img", "aria-label": place.querySelector("img").alt });
  const context = canvas.getContext("2d");
  const control = button("", () => (pending ? stop("Play") : play()));
  let pending = 0, start, shown = 0;

  function draw(frame) {
    const shades = colours(), middle = (frame[0] + frame[2]) / 2;
    const across = (x) => WIDTH / 2 + SCALE * (x - middle), up = (y) => GROUND - SCALE * y;
    const metres = Array.from({ length: 8 }, (_, i) => Math.floor(middle / 1000) - 3 + i);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    context.strokeStyle = shades.muted;
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(0, GROUND);
    context.lineTo(WIDTH, GROUND);
    for (const metre of metres) {
      context.moveTo(across(1000 * metre), GROUND);
      context.lineTo(across(1000 * metre), GROUND + 8);
    }
    context.stroke();
    context.fillStyle = shades.text;
    context.font = "14px system-ui, sans-serif";
    for (const metre of metres) context.fillText(`${metre} m`, across(1000 * metre) - 10, GROUND + 24);
    context.lineCap = "round";
    recording.radii.forEach((radius, i) => {
      const [x, y, toX, toY] = frame.slice(4 * i, 4 * i + 4);
      context.strokeStyle = shades[i % 2 ? "second" : "first"];
      context.lineWidth = 2 * SCALE * radius;
      context.beginPath();
      context.moveTo(across(x), up(y));
      context.lineTo(across(toX) + 0.01, up(toY));
      context.stroke();
    });
  }

  function tick(now) {
    start ??= now;
    const next = Math.floor((now - start) / 1000 / recording.seconds);
    if (next >= recording.frames.length) { stop("Play again"); return; }
    shown = next;
    draw(recording.frames[shown]);
    pending = requestAnimationFrame(tick);
  }

  function play() {
    start = undefined;
    name("Stop");
    pending = requestAnimationFrame(tick);
  }

  function stop(next) {
    cancelAnimationFrame(pending);
    pending = 0;
    name(next);
  }

  /** Say what the button does, and to screen readers with which robot. */
  function name(action) {
    control.textContent = action;
    control.setAttribute("aria-label", `${action}: ${place.dataset.title}`);
  }

  name("Play");
  box.append(canvas, element("div", { class: "playground-row" }, control));
  onTheme(() => draw(recording.frames[shown]));
  draw(recording.frames[0]);
}
