"""Errors of a build."""


class BuildError(RuntimeError):
    """A chapter that failed or a book that could not be rendered: the message says which, and where to look."""
