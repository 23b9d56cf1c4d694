"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendq_site.settings")
os.environ["SERVES_PAGES"] = "yes"  # whose readers wait for the database a minute, not for ever
application = get_wsgi_application()
_ = get_resolver().url_patterns  # imports the pages now, not before the first visitor's eyes
