"""Measures and references that chapters show beside results."""
