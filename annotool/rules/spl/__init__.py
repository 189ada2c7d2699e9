"""SPL: what is wrong between splits."""
