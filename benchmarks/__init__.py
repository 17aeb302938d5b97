"""Benchmarks, a comparison per file: `measure()` returns its rows. `hetsnn bench` runs them."""
