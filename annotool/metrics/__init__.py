"""Numbers about a dataset, and nothing but numbers."""
