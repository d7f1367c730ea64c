"""The grammar of sentences on stains: which result belongs to which marker, and whose cells and tumour are meant."""
