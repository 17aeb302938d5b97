"""Errors with one-line messages."""


class InputError(ValueError):
    """Invalid input; the message is one line that names the error and the valid values."""


class BuildError(RuntimeError):
    """Failure of a chapter or of the book's rendering; the message names the place."""
