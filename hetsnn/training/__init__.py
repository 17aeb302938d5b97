"""How networks are trained: by evolution or along gradients."""
