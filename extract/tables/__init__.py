"""Tables of doses: what the columns of a printed table mean, and what its cells say, each by the same modules as prose."""
