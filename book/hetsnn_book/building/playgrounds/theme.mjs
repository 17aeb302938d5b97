// The page's colours, and what to do when its reader changes the theme.

const NAMES = ["text", "muted", "grid", "ground", "first", "second", "third"];

/** Return the colours of the present theme, by the names of the variables in playgrounds.css. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--playground-${name}`).trim()]));
}

/** Call `redraw` whenever the theme changes. */
export function onTheme(redraw) {
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
