"""django-post_office as a yardstick: it claims nothing, and records a batch at once.

`fill N` queues N mails, `run` sends them as `send_queued_mail` does. BENCH_DSN_NAME and
BENCH_DSN_HOST name its database, BENCH_PORT the server's port, BENCH_SENDERS how many threads.
"""

import http.client
import json
import os
import sys

import django
from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend


class Wire(BaseEmailBackend):
    """Sends each mail as one request."""

    def send_messages(self, messages: list) -> int:
        for message in messages:
            there = http.client.HTTPConnection("127.0.0.1", int(os.environ["BENCH_PORT"]))
            body = json.dumps({"provider_id": message.to[0].partition("@")[0]})
            headers = {"Connection": "close", "Content-Type": "application/json"}
            there.request("POST", "/api/v1/users/invite", body, headers)
            if there.getresponse().status != 201:
                raise RuntimeError("refused")
            there.close()
        return len(messages)


settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["BENCH_DSN_NAME"],
            "HOST": os.environ["BENCH_DSN_HOST"],
            "PORT": "5432",
            "USER": "sendq",
        }
    },
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
    SECRET_KEY="only for this measurement",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    POST_OFFICE={
        "BACKENDS": {"default": f"{Wire.__module__}.Wire"},
        "THREADS_PER_PROCESS": int(os.environ["BENCH_SENDERS"]),
        "BATCH_SIZE": 100_000,
        "LOG_LEVEL": 0,
    },
)
django.setup()

if __name__ == "__main__":
    from django.core.management import call_command
    from post_office.models import PRIORITY, STATUS, Email

    if sys.argv[1] == "fill":
        call_command("migrate", verbosity=0)
        Email.objects.all().delete()
        Email.objects.bulk_create(
            Email(
                from_email="ada@example.com",
                to=[f"person-{n}@example.com"],
                subject="Hello",
                message="Hello",
                status=STATUS.queued,
                priority=PRIORITY.medium,
            )
            for n in range(int(sys.argv[2]))
        )
    else:
        call_command("send_queued_mail", processes=1)
