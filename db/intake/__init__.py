"""How reports and tables of doses come into a database: read, compared with what is there, stored, and counted."""
