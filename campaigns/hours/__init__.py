"""Which time zones and holiday calendars are there, and how do people read an instant?

Both come from packages, not from the machine: two machines must not disagree.
"""

from campaigns.hours import calendars, clocks, zones

__all__ = [
    "calendars",
    "clocks",
    "zones",
]
