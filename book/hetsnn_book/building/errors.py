"""Errors of the book's build."""


class BuildError(RuntimeError):
    """Error for a chapter that failed or a book that could not be rendered; the message says where to look."""
