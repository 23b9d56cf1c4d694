"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendq_site.settings")
os.environ["SERVES_PAGES"] = "yes"  # whose readers wait for the database a minute, not for ever
application = get_wsgi_application()
