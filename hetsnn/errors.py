"""What went wrong, in one line."""


class InputError(ValueError):
    """Bad input: the message is one line that says what is wrong and what would be right."""
