"""Errors with one-line messages."""


class InputError(ValueError):
    """Invalid input; the message is one line that names the error and the valid values.

    Example:
        >>> import hetsnn
        >>> hetsnn.Evolution(population=3).check()
        Traceback (most recent call last):
        hetsnn.errors.InputError: population must be even and at least 2, got 3
    """


class BuildError(RuntimeError):
    """Failure of a chapter or of the book's rendering; the message names the place."""
