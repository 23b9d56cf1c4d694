from django.apps import AppConfig


class DoorsConfig(AppConfig):
    name = "doors"
    verbose_name = "API and webhooks"

    def ready(self) -> None:
        from doors import keeping  # noqa: PLC0415 - which needs the models
        from queueing.keeping.erasing import person_erased  # noqa: PLC0415

        person_erased.connect(keeping.forget)
