from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "access"
    verbose_name = "Access"

    def ready(self) -> None:
        from access import audit, checks  # noqa: PLC0415 - models are not loaded before ready()

        audit.connect()
        checks.register_all()
