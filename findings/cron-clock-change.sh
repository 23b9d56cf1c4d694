#!/usr/bin/env bash
# What a daily job does in the night when clocks change depends on the library that reads its cron
# expression: at 02:30 in autumn croniter fires twice, cronsim once; in spring croniter adds a run
# at 03:00 to "every two hours", which cronsim passes over.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    'croniter==7.0.0' 'cronsim==2.8' 'tzdata==2026.6'

# Only the package's zone rules, whatever this machine has.
PYTHONTZPATH='' "$work/venv/bin/python" - <<'EOF'
from datetime import datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

from croniter import croniter
from cronsim import CronSim

print(*(f"{name} {version(name)}" for name in ("croniter", "cronsim", "tzdata")), sep=", ")
BERLIN = ZoneInfo("Europe/Berlin")


def ticks(cron, day):
    """Return the ticks of a local day by both libraries."""
    start = datetime(2026, *day, tzinfo=BERLIN)
    before = start.replace(hour=0, minute=0)
    one, other = croniter(cron, before), CronSim(cron, before)
    first = [one.get_next(datetime) for _ in range(30)]
    second = [next(other) for _ in range(30)]
    return [
        [f"{tick:%H:%M%z}" for tick in found if tick.date() == start.date()]
        for found in (first, second)
    ]


seen = {}
for cron, day in (("30 2 * * *", (3, 29)), ("30 2 * * *", (10, 25)),
                  ("0 */2 * * *", (3, 29)), ("0 */2 * * *", (10, 25))):
    seen[cron, day] = by_croniter, by_cronsim = ticks(cron, day)
    verdict = "same" if by_croniter == by_cronsim else "differ"
    print(f"{cron} on {day[1]}.{day[0]}.2026, Berlin: {verdict}")
    print("  croniter", *by_croniter[:4])
    print("  cronsim ", *by_cronsim[:4])

assert seen["30 2 * * *", (10, 25)] == [["02:30+0200", "02:30+0100"], ["02:30+0200"]]
assert seen["30 2 * * *", (3, 29)] == [["03:00+0200"], ["03:00+0200"]]
in_spring = seen["0 */2 * * *", (3, 29)]
assert "03:00+0200" in in_spring[0] and "03:00+0200" not in in_spring[1]
assert seen["0 */2 * * *", (10, 25)][0] == seen["0 */2 * * *", (10, 25)][1]
EOF
