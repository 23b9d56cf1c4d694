"""What do people decide? Guarded changes, each in the log with its reason.

Every button of the admin ends in a function here: what it may do, and what it says it did.
"""
