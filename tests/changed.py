"""Which tests are about what has changed? Prints their files, for `make check`.

Changed is what is not committed, else the last commit. A test file is about a module where it is in
the mirrored folder and names it; a changed test file is about itself. What starts processes or a
browser takes minutes, and is left to `make test`.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEFT_TO_MAKE_TEST = ("tests/faults", "tests/browser", "tests/sendq_site", "tests/sandbox")
SLOW = re.compile(r"at_once\(|processes\.|make run|rehearsal", re.IGNORECASE)


def changed_files() -> list[str]:
    """Return paths of Python files, relative to the root."""
    names = _git("diff", "--name-only", "HEAD") + _git("ls-files", "-o", "--exclude-standard")
    names = names or _git("diff", "--name-only", "HEAD~1", "HEAD")
    return sorted({name for name in names if name.endswith(".py") and (ROOT / name).exists()})


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=False, capture_output=True, text=True
    )
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


def tests_about(path: str) -> list[str]:
    """Return the test files about one changed file; itself, where it is one."""
    file = Path(path)
    if file.parts[0] == "tests":
        return [path] if file.name.startswith("test_") else []
    folder = ROOT / "tests" / file.parent
    names = re.compile(rf"\b{re.escape(file.stem)}\b")
    found = sorted(folder.glob("test_*.py")) if folder.is_dir() else []
    return [str(f.relative_to(ROOT)) for f in found if names.search(f.read_text())]


def main() -> int:
    """Print the files, each once; nothing where no test is about what has changed."""
    found = {test for path in changed_files() for test in tests_about(path)}
    fast = [
        test
        for test in sorted(found)
        if not test.startswith(LEFT_TO_MAKE_TEST) and not SLOW.search((ROOT / test).read_text())
    ]
    sys.stdout.write(" ".join(fast))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
