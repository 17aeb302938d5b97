"""Training of networks, by evolution or along gradients."""
