from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class QueueingConfig(AppConfig):
    name = "queueing"
    verbose_name = "Send queue"

    def ready(self) -> None:
        from queueing import checks  # noqa: PLC0415 - models are not loaded before ready()
        from queueing.schedules import make_schedules  # noqa: PLC0415
        from queueing.telling import notices  # noqa: PLC0415

        checks.register_all()
        notices.end_with(_needs_of)
        post_migrate.connect(make_schedules, sender=self, dispatch_uid="queueing.make_schedules")


def _needs_of(*of: Any) -> list[str]:
    from queueing.admin import mails  # noqa: PLC0415 - no process loads the pages to start

    return mails.needs_of(*of)
