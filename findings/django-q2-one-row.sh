#!/usr/bin/env bash
# All schedules that are due are started in one transaction. Where one of them has no next run, as
# a cron expression for 31 February, which the row's validation takes, an error is logged and the
# others are not started either: not this time, and at no later one.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    'django-q2==1.11.1' 'croniter==7.0.0' 'django==5.2.19'

"$work/venv/bin/python" - <<'EOF'
from datetime import timedelta
from importlib.metadata import version

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="example", USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django_q"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    Q_CLUSTER={"orm": "default", "timeout": 30, "retry": 60, "log_level": "CRITICAL"},
)
django.setup()
from django.core.management import call_command
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

call_command("migrate", verbosity=0)
print("django-q2", version("django-q2"))

due = {"schedule_type": Schedule.CRON, "repeats": -1, "func": "math.sqrt", "args": "4"}
for name in ("queue", "reports"):
    Schedule.objects.create(name=name, cron="*/30 * * * *", **due)
Schedule.objects.update(next_run=timezone.now() - timedelta(minutes=1))
edited = Schedule.objects.get(name="reports")
edited.cron = "0 9 31 2 *"
edited.full_clean()  # what the admin's form asks
edited.save()
print("the row's validation takes", edited.cron)

started = []
for _ in range(3):
    scheduler()
    started.append(OrmQ.objects.count())
print("tasks started after one, two and three rounds:", started)
Schedule.objects.filter(name="reports").delete()
scheduler()
alone = OrmQ.objects.count()
print("without the row:", alone)

assert started == [0, 0, 0] and alone == 1
EOF
