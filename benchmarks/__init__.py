"""How fast we are: one comparison per file, `measure()` gives its rows. `hetsnn bench` runs them."""

from hetsnn.tasks.control import brax

brax()  # without its warnings: evosax imports it, too
