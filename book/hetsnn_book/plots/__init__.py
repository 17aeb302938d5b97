"""Figures: a file per chapter or part of one, from a tidy frame to a figure."""
