// Elements of a page, and the few that every playground is made of.

/** Return a new element with attributes; children are elements or text. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Return a symbol with its index set low: "v_th" becomes v with a small th. */
export function symbol(text) {
  const [base, index] = text.split("_");
  return element("span", { class: "playground-symbol" }, element("i", {}, base), ...(index ? [element("sub", {}, index)] : []));
}

export function button(text, onClick) {
  const made = element("button", { type: "button" }, text);
  made.addEventListener("click", onClick);
  return made;
}

/** Return a line that says what a playground shows now; screen readers read it out when it changes. */
export const report = () => element("p", { class: "playground-report", role: "status" });
