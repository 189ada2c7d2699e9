"""Pure functions on arrays: boxes, rings of polygons, run-length masks, groups of equal rows."""
