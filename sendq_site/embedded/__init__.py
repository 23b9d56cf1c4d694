"""SendQ's own PostgreSQL, as a Django database backend: `ENGINE` is this package's name."""
