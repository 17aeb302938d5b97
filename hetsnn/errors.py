"""What went wrong, in one line."""


class InputError(ValueError):
    """Bad input: the message is one line that says what is wrong and what would be right.

    Example:
        >>> import hetsnn
        >>> hetsnn.Evolution(population=3).check()
        Traceback (most recent call last):
        hetsnn.errors.InputError: population must be even and at least 2, got 3
    """


class BuildError(RuntimeError):
    """A chapter failed or the book could not be rendered: the message says which, and where to look."""
