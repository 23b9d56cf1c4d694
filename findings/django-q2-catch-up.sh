#!/usr/bin/env bash
# django-q2 has `catch_up` on by default: runs missed while no cluster was up are made up for. Of a
# schedule in minutes each missed run comes, one right behind the other; of a cron schedule one.
# And a new cron row forgets the `next_run` that it was given.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    'django-q2==1.11.1' 'croniter==7.0.0' 'django==5.2.19'

"$work/venv/bin/python" - <<'EOF'
from collections import Counter
from datetime import timedelta
from importlib.metadata import version

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="example", USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django_q"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    Q_CLUSTER={"orm": "default", "timeout": 30, "retry": 60, "log_level": "ERROR"},
)
django.setup()
from django.core.management import call_command
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

call_command("migrate", verbosity=0)
print("django-q2", version("django-q2"), "- catch_up by default:", Conf.CATCH_UP)

hours_ago = timezone.now() - timedelta(minutes=125)
every = {"func": "math.sqrt", "args": "4", "repeats": -1, "next_run": hours_ago}
Schedule.objects.create(name="minutes", schedule_type=Schedule.MINUTES, minutes=30, **every)
made = Schedule.objects.create(
    name="cron", schedule_type=Schedule.CRON, cron="*/30 * * * *", **every
)
forgotten = made.next_run > timezone.now()
print("a new cron row kept the next_run that it was given:", not forgotten)
Schedule.objects.filter(name="cron").update(next_run=hours_ago)

for _ in range(10):  # what a cluster does every half minute
    scheduler()
runs = Counter(task.task["group"] for task in OrmQ.objects.all())
print("two hours of half-hourly runs missed; made up for:", dict(runs))

assert Conf.CATCH_UP and forgotten
assert runs == {"minutes": 5, "cron": 1}
EOF
