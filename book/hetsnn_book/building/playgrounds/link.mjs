// Settings in the address: #playground-neuron?tau_m=5&v_th=1 opens the page at a playground in this setting.

/** Return the address, from # on, of a playground in a setting. */
export const write = (id, values) => `#${id}?${new URLSearchParams(values)}`;

/** Return the setting that an address carries for a playground, or null. */
export function read(id, hash = location.hash) {
  const [place, values] = hash.slice(1).split("?");
  return place === id && values !== undefined ? Object.fromEntries(new URLSearchParams(values)) : null;
}

/** Call `apply` with the setting in the address, now and whenever the address changes, and bring the playground into view. */
export function follow(box, apply) {
  const open = () => {
    const values = read(box.id);
    if (values === null) return;
    apply(values);
    box.scrollIntoView();
  };
  open();
  addEventListener("hashchange", open);
}
