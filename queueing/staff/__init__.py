"""What people decide, below the admin: guarded changes, each in the log with its reason."""
