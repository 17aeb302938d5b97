"""From chapters to a book."""
