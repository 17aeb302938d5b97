"""Public data: downloading, checking and caching."""
