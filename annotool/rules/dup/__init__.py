"""DUP: annotations that say a thing twice, or two things of one object."""
