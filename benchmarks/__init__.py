"""How fast we are: one comparison per file, `measure()` gives its rows. `hetsnn bench` runs them."""
