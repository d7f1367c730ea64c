"""One module a format; each gives the same `Report`."""
