#!/usr/bin/env bash
# A peer queue, django-post_office, takes a mail that was not handed over within the batch's time
# for one that failed, and queues it again. The thread that hands it over is not stopped: with a
# mail server slower than the limit the person gets the mail once a retry, and the row says failed.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    'django-post-office==3.12.0' 'django==5.2.19'

cat >"$work/slow.py" <<'EOF'
import time
from pathlib import Path

from django.core.mail.backends.base import BaseEmailBackend


class Slow(BaseEmailBackend):
    """Takes mails after two seconds, and keeps their subjects."""

    def send_messages(self, mails):
        for mail in mails:
            time.sleep(2)
            with Path("arrived").open("a") as box:
                box.write(f"{mail.subject} -> {mail.to[0]}\n")
        return len(mails)
EOF

cd "$work"
PYTHONPATH=. venv/bin/python - 2>/dev/null <<'EOF'
import time
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="example", USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "queue.sqlite3"}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    POST_OFFICE={"BACKENDS": {"default": "slow.Slow"}, "BATCH_DELIVERY_TIMEOUT": 1,
                 "MAX_RETRIES": 1, "RETRY_INTERVAL": timedelta(0), "THREADS_PER_PROCESS": 1},
)
django.setup()
from django.core.management import call_command
from post_office import mail

call_command("migrate", verbosity=0)
one = mail.send("ada@example.com", "queue@example.com", subject="Your account", message="Hello")
call_command("send_queued_mail", lockfile=str(Path("lock").absolute()))
time.sleep(4)  # what was begun arrives

one.refresh_from_db()
arrived = Path("arrived").read_text().splitlines()
print("django-post_office", version("django-post-office"))
print(f"the row says: {one.get_status_display()} after {one.number_of_retries} retry")
print(f"arrived {len(arrived)} times:", arrived)

assert one.get_status_display() == "failed" and one.number_of_retries == 1
assert arrived == ["Your account -> ada@example.com"] * 2
EOF
