#!/usr/bin/env bash
# croniter takes `R` for "some minute, drawn now". It is drawn anew each time the expression is
# read, so two readers of one setting never agree; django-q2 stores it as valid and draws at every
# run, which also makes the gap between two runs of an "hourly" job anything up to two hours.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    'croniter==7.0.0' 'cronsim==2.8' 'django-q2==1.11.1' 'django==5.2.19'

"$work/venv/bin/python" - <<'EOF'
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import django
from croniter import croniter
from cronsim import CronSim, CronSimError
from django.conf import settings

settings.configure(INSTALLED_APPS=["django_q"], SECRET_KEY="example", USE_TZ=True,
                   Q_CLUSTER={"orm": "default", "timeout": 30, "retry": 60})
django.setup()
from django_q.models import Schedule, validate_cron

print(*(f"{name} {version(name)}" for name in ("croniter", "cronsim", "django-q2")), sep=", ")
SINCE = datetime(2026, 11, 2, tzinfo=UTC)
cron = "R * * * *"

read_once = croniter(cron, SINCE)
same = {read_once.get_next(datetime).minute for _ in range(24)}
anew = {croniter(cron, SINCE).get_next(datetime).minute for _ in range(200)}
print("minutes of 24 ticks, read once:", sorted(same))
print("minutes of the next tick, read 200 times:", len(anew), "different ones")

matched = [croniter.match(cron, SINCE + timedelta(minutes=n)) for n in range(600)]
print("ten hours have ten ticks; croniter.match() saw", sum(matched))

validate_cron(cron)
row = Schedule(func="math.sqrt", schedule_type=Schedule.CRON, cron=cron)
runs = {row.calculate_next_run().minute for _ in range(200)}
print("django-q2 takes it, and calculates", len(runs), "different minutes for the next run")
try:
    CronSim(cron, SINCE)
    refused = ""
except CronSimError as error:
    refused = str(error)
print("cronsim refuses it:", refused)

assert len(same) == 1 and len(anew) > 30 and len(runs) > 30 and refused
EOF
