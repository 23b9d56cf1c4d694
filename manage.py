#!/usr/bin/env python
"""Django's command line for SendQ."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError


def main() -> None:
    """Run a command. A wrong configuration, or a lost database, is one line and exit code 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendq_site.settings")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, OperationalError) as error:
        if "--traceback" in sys.argv:
            raise
        what = "Configuration" if isinstance(error, ImproperlyConfigured) else "Database"
        sys.exit(f"{what}: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()
