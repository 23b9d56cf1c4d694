"""Who is in this file? Reading, columns, verdicts on each row, rejects.

The commands and the admin read through here alike; nothing is half-imported.
"""
