"""Django's PostgreSQL backend, whose callers do not wait for ever."""
