"""Reports from Europe PMC: the only part of the project that uses a network, and only `client` does."""
