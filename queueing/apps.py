from django.apps import AppConfig
from django.db.models.signals import post_migrate


class QueueingConfig(AppConfig):
    name = "queueing"
    verbose_name = "Send queue"

    def ready(self) -> None:
        from queueing import checks  # noqa: PLC0415 - models are not loaded before ready()
        from queueing.schedules import make_schedules  # noqa: PLC0415

        checks.register_all()
        post_migrate.connect(make_schedules, sender=self, dispatch_uid="queueing.make_schedules")
