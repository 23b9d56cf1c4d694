"""How long a run takes that has nothing to do, beside django-post_office's `send_queued_mail`.

Run from the checkout: `python bench/startup.py [ROUNDS]`. Whole processes in turn, the last column
is the ratio: at most 1.2 is what we want.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from parts import ROOT, Peers, a_database, environment, median, run, table


def main(rounds: int) -> None:
    peers = Peers()
    with a_database():
        try:
            peers.fill("post_office", 0, 0)
            ours = [sys.executable, str(ROOT / "manage.py"), "process_send_queue"]
            theirs = peers.argv("post_office", "run")
            processes = {
                "SendQ": (ours, environment(1)),
                "post_office": (theirs, peers.environment("post_office", 0, 4)),
            }
            for argv, env in processes.values():  # files are read and compiled once
                run(argv, env)
            taken: dict[str, list[float]] = {name: [] for name in processes}
            for _ in range(rounds):
                for name, (argv, env) in processes.items():
                    taken[name].append(run(argv, env).seconds)
        finally:
            peers.drop()
    yardstick = median(taken["post_office"])
    print("\nA run with nothing to do, as a whole process:\n")
    rows = [[name, f"{median(s):.2f}", f"{median(s) / yardstick:.2f}"] for name, s in taken.items()]
    table(["", "s", "by post_office"], rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
