"""Review: one value after the other beside its words, for a curator alone; decisions go to the file of corrections."""
