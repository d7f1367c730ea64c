"""The history of a database: what each run stored, compared, and put back."""
