"""Emerging-hot-spot classes: what kind of hot place is this, through time, in which dialect of the rules."""
