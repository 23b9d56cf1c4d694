"""Which time zones and holiday calendars are there?

Both come from packages, not from the machine: two machines must not disagree.
"""

from campaigns.hours import calendars, zones

__all__ = [
    "calendars",
    "zones",
]
