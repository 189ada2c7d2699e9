"""Rules that compare labels with a model's predictions."""
