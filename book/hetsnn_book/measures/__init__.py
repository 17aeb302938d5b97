"""Measures and references that chapters set beside results."""
