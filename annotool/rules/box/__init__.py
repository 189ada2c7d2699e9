"""BOX: the geometry of boxes."""
