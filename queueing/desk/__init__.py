"""Which figures do the pages show? Read here, for the admin and for the commands alike.

A new figure on a page is counted here, and shown in `admin/`.
"""

from queueing.desk import clients, dashboard, status
from queueing.desk.status import Day

__all__ = [
    "Day",
    "clients",
    "dashboard",
    "status",
]
