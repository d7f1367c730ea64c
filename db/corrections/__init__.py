"""Corrections: what curators said of values, in a file of their own, laid over what was read."""
