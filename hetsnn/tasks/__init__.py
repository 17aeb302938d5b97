"""What a network is asked to do: a file per task, each with a frozen description that evaluates a network."""
