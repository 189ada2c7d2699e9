"""CLS: categories, their names and numbers."""
