"""Rules about dialects and what tools make of them: FMT."""
