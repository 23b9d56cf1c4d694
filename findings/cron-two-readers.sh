#!/usr/bin/env bash
# Two libraries read one cron expression as different days. With a day of the month and a day of
# the week, classic cron asks for both where either begins with a star; croniter takes a day that
# fits either. Ranges that run backwards wrap round in one and are refused by the other, and the
# last Friday is written in two ways, each refused by one of them. What looks like every 90 minutes
# is every hour for both.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check 'croniter==7.0.0' 'cronsim==2.8'

"$work/venv/bin/python" - <<'EOF'
from datetime import UTC, datetime
from importlib.metadata import version

from croniter import croniter
from cronsim import CronSim

SINCE = datetime(2026, 11, 1, tzinfo=UTC)


def by_croniter(cron):
    ticks = croniter(cron, SINCE)
    return [ticks.get_next(datetime) for _ in range(4)]


def by_cronsim(cron):
    ticks = CronSim(cron, SINCE)
    return [next(ticks) for _ in range(4)]


def told(reader, cron):
    try:
        return " ".join(f"{tick:%a-%d-%b-%H:%M}" for tick in reader(cron))
    except ValueError as error:  # both libraries' own errors are of that kind
        return f"refused: {error}"
    except Exception as error:
        return f"refused: {type(error).__name__} {error}"


print("croniter", version("croniter"), "- cronsim", version("cronsim"))
found = {}
for cron in ("0 9 */2 * 1", "0 9 1-7 * */7", "0 9 1-7 * 0", "0 22-2 * * *", "0 9 * * L5",
             "0 9 * * 5L", "*/90 * * * *"):
    found[cron] = told(by_croniter, cron), told(by_cronsim, cron)
    print(f"{cron}\n  croniter {found[cron][0]}\n  cronsim  {found[cron][1]}")

for cron in ("0 9 */2 * 1", "0 9 1-7 * */7"):
    first, second = found[cron]
    assert "refused" not in first + second and first != second
assert found["0 9 1-7 * 0"][0] == found["0 9 1-7 * 0"][1]
assert "refused" not in found["0 22-2 * * *"][0] and "refused" in found["0 22-2 * * *"][1]
assert "refused" not in found["0 9 * * L5"][0] and "refused" in found["0 9 * * L5"][1]
assert "refused" in found["0 9 * * 5L"][0] and "refused" not in found["0 9 * * 5L"][1]
assert found["*/90 * * * *"] == (told(by_croniter, "0 * * * *"),) * 2
EOF
