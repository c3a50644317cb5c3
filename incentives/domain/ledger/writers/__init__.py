"""Put a book's finished rows into the database: one file for each vendor, the same rows."""
