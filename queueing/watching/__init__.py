"""Is all of it running? What monitors are told: findings for a probe, figures for Prometheus.

Whoever asks may be anybody on the network: nothing here names a person, a client or a secret.
"""

from queueing.watching.findings import Finding, findings
from queueing.watching.metrics import exposition

__all__ = [
    "Finding",
    "exposition",
    "findings",
]
