"""Functions of small arrays, rewritten as operations on scalars that `jax.vmap` turns into long vectors."""
