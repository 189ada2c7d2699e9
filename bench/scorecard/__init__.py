"""How many planted faults each rule finds, and how many it finds that are none: `make scorecard`."""
