"""What went wrong, in one line."""


class InputError(ValueError):
    """Bad input: the message is one line that says what is wrong and what would be right."""


class BuildError(RuntimeError):
    """A chapter failed or the book could not be rendered: the message says which, and where to look."""
