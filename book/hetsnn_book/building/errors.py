"""What goes wrong while the book is built."""


class BuildError(RuntimeError):
    """A chapter that failed or a book that could not be rendered: the message says which, and where to look."""
