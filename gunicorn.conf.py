"""How gunicorn serves SendQ; it reads this by itself when it is started beside it.

What its command line says wins. A proxy stands in front: see docs/operate.md.
"""

worker_class = "sendq_site.worker.BoundedWorker"
threads = 16  # each may hold a connection to the database
timeout = 120  # for a worker that does not come back to its loop at all
graceful_timeout = 30
keepalive = 5
worker_connections = 500
limit_request_line = 8190
limit_request_fields = 60
limit_request_field_size = 8190
