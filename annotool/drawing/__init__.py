"""Pictures of one image and its annotations: what is to be seen, in which colours, where its labels go, and Pillow to paint it."""
