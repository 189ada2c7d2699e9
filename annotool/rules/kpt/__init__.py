"""KPT: keypoints, their number, flags and places."""
