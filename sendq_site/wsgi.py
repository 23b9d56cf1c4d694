"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendq_site.settings")
os.environ.setdefault("DATABASE_ANSWER_SECONDS", "60")  # a page; a command may take longer
application = get_wsgi_application()
