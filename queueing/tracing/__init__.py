"""Which request, run, item and call is a line of the log about? Plain Python, below everything.

What is set here goes along with every line that is logged meanwhile, in this thread.
"""

from queueing.tracing.context import about, current

__all__ = ["about", "current"]
