"""Who comes in, and is it them? Signing in, second factor, sessions, limits on guessing, the audit.

What somebody may do once inside is not here, but with the pages: walls in `campaigns/pages/`.
"""
