"""Room 2: what it says. A `Report` becomes a `Record`: facts, each with the words that prove it."""
