#!/usr/bin/env bash
# A misspelt key of Q_CLUSTER passes in silence, also `manage.py check`, and its default rules
# instead. For `max_attempts` that is "again and again": a task that fails is never given up.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check 'django-q2==1.11.1' 'django==5.2.19'

"$work/venv/bin/python" -W error::UserWarning - <<'EOF'
import io
from importlib.metadata import version

import django
from django.conf import settings

MEANT = {"max_attempts": 1, "ack_failures": True, "catch_up": False, "save_limit": 100}
WRITTEN = {"max_attemps": 1, "ack_failure": True, "catchup": False, "savelimit": 100}
settings.configure(
    SECRET_KEY="example", DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.contenttypes", "django_q"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    Q_CLUSTER={"orm": "default", "timeout": 30, "retry": 60, **WRITTEN},
)
django.setup()
from django.core.management import call_command
from django_q.conf import Conf

said = io.StringIO()
call_command("check", stdout=said, stderr=said)
print("django-q2", version("django-q2"), "- check says:", said.getvalue().strip())
in_force = {key: getattr(Conf, key.upper()) for key in MEANT}
for written, (key, value) in zip(WRITTEN, MEANT.items(), strict=True):
    print(f"written {written} = {value}; in force {key} = {in_force[key]}")

assert "no issues" in said.getvalue()
assert in_force == {"max_attempts": 0, "ack_failures": False, "catch_up": True, "save_limit": 250}
EOF
