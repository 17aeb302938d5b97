"""What is simulated: neurons, and networks of them."""
