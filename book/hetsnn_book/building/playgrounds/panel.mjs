// The settings of a playground: sliders, choices and switches with names, and a link that carries them.

import { element, symbol } from "playgrounds/elements";
import { follow, write } from "playgrounds/link";

let count = 0;

function slider({ label, sign, min, max, step, unit = "" }, onInput) {
  const id = `playground-field-${count++}`;
  const input = element("input", { type: "range", id, min, max, step });
  const shown = element("span", { class: "playground-value", "aria-hidden": "true" });
  const digits = String(step).split(".")[1]?.length ?? 0;
  const say = () => {
    shown.textContent = `${Number(input.value).toFixed(digits)}${unit}`.replace("-", "\u2212");
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  input.addEventListener("input", () => { say(); onInput(); });
  const name = element("label", { for: id }, ...(sign ? [symbol(sign), " "] : []), label);
  return {
    elements: [element("div", { class: "playground-slider" }, name, shown, input)],
    get: () => Number(input.value),
    set: (value) => {
      if (value === "" || !Number.isFinite(Number(value))) return;
      input.value = value; // the browser keeps it within min, max and step
      say();
    },
  };
}

function choice({ label, options }, onInput) {
  const id = `playground-field-${count++}`;
  const select = element("select", { id }, ...options.map(([value, text]) => element("option", { value }, text)));
  select.addEventListener("input", onInput);
  return {
    elements: [element("div", { class: "playground-choice" }, element("label", { for: id }, label), select)],
    get: () => select.value,
    set: (value) => { if (options.some(([one]) => String(one) === String(value))) select.value = value; },
  };
}

function toggle({ label }, onInput) {
  const made = element("button", { type: "button", "aria-pressed": "false" }, label);
  const set = (value) => made.setAttribute("aria-pressed", String(value) === "true");
  const get = () => made.getAttribute("aria-pressed") === "true";
  made.addEventListener("click", () => { set(!get()); onInput(); });
  return { elements: [made], get, set };
}

function hidden() {
  let kept;
  return { elements: [], get: () => kept, set: (value) => { if (Number.isInteger(Number(value))) kept = Number(value); } };
}

const KINDS = { slider, choice, toggle, hidden };

/**
 * Put fields into a playground. Each field has a `kind` of KINDS, a `name`, a first `value`, and what its kind needs.
 * Return the panel: `values()`; `set(values)`; `note(values)`, which only keeps them for the link; `row`, where a
 * playground puts buttons of its own; and `start()`, to be called once all is in place.
 * `onChange` is called with the name of the field that its reader moved, or null where a link or a preset set several.
 */
export function panel(box, fields, onChange) {
  const link = element("a", { class: "playground-link" }, "Link to this setting");
  const made = {};
  const values = () => Object.fromEntries(Object.entries(made).map(([name, field]) => [name, field.get()]));
  const keep = () => { link.href = write(box.id, values()); };
  const changed = (name) => { keep(); onChange(name); };
  for (const field of fields) {
    made[field.name] = KINDS[field.kind](field, () => changed(field.name));
    made[field.name].set(field.value);
  }
  const take = (chosen) => Object.entries(chosen).forEach(([name, value]) => made[name]?.set(value));
  const set = (chosen) => { take(chosen); changed(null); };
  const note = (chosen) => { take(chosen); keep(); };
  const wide = (field) => field.kind === "slider" || field.kind === "choice";
  const row = element("div", { class: "playground-row" });
  row.append(...fields.filter((field) => !wide(field)).flatMap((field) => made[field.name].elements), link);
  const grid = fields.filter(wide).flatMap((field) => made[field.name].elements);
  box.append(element("div", { class: "playground-fields" }, ...grid), row);
  return {
    values,
    set,
    note,
    row,
    start: () => { changed(null); follow(box, set); },
  };
}
