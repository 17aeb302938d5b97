"""Tasks, a file per task: each is described by its settings and scores networks."""
