"""BAL: how even the categories are."""
