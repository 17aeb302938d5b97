"""Errors of a build."""


class BuildError(RuntimeError):
    """A chapter failed, or the book could not be rendered; the message is one line that says where to look."""
