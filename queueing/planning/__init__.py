"""When will it go? Who is queued when, and what moves when something has changed.

Slots, forecasts and replanning use one calendar, and ask the limits that the gates ask.
"""

from queueing.planning.enqueue import CannotEnqueueError, EnqueueReport, enqueue
from queueing.planning.forecast import (
    DayOfAccount,
    Forecast,
    Send,
    before_and_after,
    forecast_campaign,
    forecast_workspace,
    foreseen_at,
)
from queueing.planning.replan import replan, replan_campaign, replan_hours, replan_overdue
from queueing.planning.schedule import ScheduleReport, execute_scheduled_campaigns

__all__ = [
    "CannotEnqueueError",
    "DayOfAccount",
    "EnqueueReport",
    "Forecast",
    "ScheduleReport",
    "Send",
    "before_and_after",
    "enqueue",
    "execute_scheduled_campaigns",
    "forecast_campaign",
    "forecast_workspace",
    "foreseen_at",
    "replan",
    "replan_campaign",
    "replan_hours",
    "replan_overdue",
]
