"""Rules about image files: IMG."""
