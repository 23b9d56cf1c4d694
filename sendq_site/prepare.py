"""Make the database ready and send once: the part of `make run` before anything is served."""

import os
import secrets
import sys

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import OperationalError


def main() -> int:
    """Prepare. Prints the first run's JSON, and a password if it made a user. Returns 0 or 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendq_site.settings")
    django.setup()
    try:
        call_command("migrate", verbosity=0)
        if not settings.UNIPILE_DSN:
            call_command("load_sample")
        _make_first_user()
        call_command("process_send_queue", json=True)
    except (CommandError, OperationalError) as error:
        sys.stderr.write(f"SendQ: {error}\n")
        return 1
    return 0


def _make_first_user() -> None:
    users = get_user_model().objects
    if users.exists():
        return
    password = secrets.token_urlsafe(12)
    users.create_superuser(username="admin", password=password)
    sys.stdout.write(
        f"Log in as admin with the password {password} (this is shown only once; "
        "`manage.py changepassword admin` sets another).\n"
    )


if __name__ == "__main__":
    sys.exit(main())
