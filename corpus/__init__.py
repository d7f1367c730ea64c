"""Room 1: what was written. Files and formats become `Report`s and dose-table rows."""
