"""The book: how chapters are drawn, executed and rendered. Nothing in `hetsnn` but its command line knows of it."""
