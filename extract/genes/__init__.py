"""The grammar of sentences on gene tests: which gene, which alteration, found or not."""
