#!/usr/bin/env bash
# A misspelt key of Q_CLUSTER is taken in silence, also by `check`, and the default of the right one holds.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check 'django==5.2.8' 'django-q2==1.11.1'
cd "$folder"

"$folder/venv/bin/python" - <<'PROGRAM'
import warnings
from importlib.metadata import version

warnings.simplefilter("error", UserWarning)
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django_q"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    Q_CLUSTER={"orm": "default", "timeout": 60, "retry": 120, "catchup": False, "max_atempts": 1},
)
import django

django.setup()
from django.core.management import call_command
from django_q.conf import Conf

print("django-q2", version("django-q2"))
call_command("check")
print("  'catchup': False leaves catch_up at", Conf.CATCH_UP)
print("  'max_atempts': 1 leaves max_attempts at", Conf.MAX_ATTEMPTS)

assert Conf.CATCH_UP is True, Conf.CATCH_UP
assert Conf.MAX_ATTEMPTS == 0, Conf.MAX_ATTEMPTS
PROGRAM
