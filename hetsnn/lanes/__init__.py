"""Functions of small arrays, rewritten as operations on scalars; `jax.vmap` turns each scalar into one long vector."""
