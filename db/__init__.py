"""Room 3: who can ask. Records become SQLite tables, and Datasette publishes them."""
