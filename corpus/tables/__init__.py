"""Tables as they stand in files: one reader a format, each giving the same `Grid`."""
