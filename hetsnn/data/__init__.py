"""Public data: downloaded, checked, kept."""
