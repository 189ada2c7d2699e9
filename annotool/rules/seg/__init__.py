"""SEG: polygons and masks."""
