"""Errors with one-line messages."""


class InputError(ValueError):
    """Invalid input; the message is one line that names the error and the valid values.

    Example:
        >>> import hetsnn
        >>> hetsnn.Evolution(population=3).check()
        Traceback (most recent call last):
        hetsnn.errors.InputError: population must be an even whole number of at least 2, got 3
    """
