"""Take a process group down should `make run` be killed: python leash.py LOCK_FILE.

`make run` starts one in the process group of each program that it runs, and holds the lock as long
as it lives. A record lock, unlike flock, is not shared with forked children.
"""

import fcntl
import os
import signal
import sys
import time
from contextlib import suppress

STOP_SECONDS = 5

with open(sys.argv[1], "a") as lock:
    fcntl.lockf(lock, fcntl.LOCK_EX)  # sleeps in the kernel as long as `make run` lives
with suppress(ProcessLookupError):  # the usual case: it has stopped the program itself
    os.kill(os.getpgrp(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os.killpg(0, signal.SIGKILL)
