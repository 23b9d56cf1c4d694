import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from sendq_site.embedded.server import Cluster, ServerError

WaitUntil = Callable[[Callable[[], bool]], None]
USER_PROCESS = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from sendq_site.embedded.server import Cluster
cluster = Cluster(Path(sys.argv[2]))
cluster.use()
print(cluster.data / "postmaster.pid", flush=True)
sys.stdin.read()
"""


def start_user(cluster: Cluster) -> "subprocess.Popen[str]":
    """Start a process that uses the cluster until it is killed."""
    return subprocess.Popen(
        [sys.executable, "-c", USER_PROCESS, str(settings.BASE_DIR), str(cluster.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_ready(*processes: "subprocess.Popen[str]") -> None:
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline().endswith("postmaster.pid\n")


def kill(*processes: "subprocess.Popen[str]") -> None:
    for process in processes:
        process.kill()
        process.communicate()


def postmaster(cluster: Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().partition("\n")[0])


def query(cluster: Cluster, sql: str) -> object:
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def test_serves_from_first_use_to_release(new_cluster: Cluster) -> None:
    new_cluster.use()

    assert query(new_cluster, "SHOW server_version").startswith("18")  # type: ignore[attr-defined]
    assert query(new_cluster, "SHOW TimeZone") == "UTC"
    assert query(new_cluster, "SHOW listen_addresses") == ""
    assert query(new_cluster, "SHOW data_checksums") == "on"
    assert query(new_cluster, "SELECT upper('ä') || getdatabaseencoding()") == "ÄUTF8"

    new_cluster.release()
    assert not new_cluster.is_running()
    assert not new_cluster.socket_dir.exists()


def test_keeps_data_over_a_restart(cluster: Cluster) -> None:
    cluster.use()
    query(cluster, "CREATE TABLE kept AS SELECT 42 AS answer")

    cluster.restart()

    assert query(cluster, "SELECT answer FROM kept") == 42


def test_tests_may_do_without_durability_and_data_may_not(cluster: Cluster) -> None:
    cluster.use()
    assert query(cluster, "SHOW fsync") == "off"
    cluster.stop()

    Cluster(cluster.folder).start()

    assert query(cluster, "SHOW fsync") == "on"


def test_two_starters_at_once_share_one_server(new_cluster: Cluster) -> None:
    processes = [start_user(new_cluster) for _ in range(3)]

    wait_ready(*processes)

    assert new_cluster.answers()
    assert (new_cluster.log.read_text()).count("ready to accept connections") == 1
    kill(*processes)


def test_last_user_out_stops_it_even_if_killed(cluster: Cluster, wait_until: WaitUntil) -> None:
    first, second = start_user(cluster), start_user(cluster)
    wait_ready(first, second)

    kill(first)
    assert cluster.answers()
    kill(second)

    wait_until(lambda: not cluster.is_running() and not cluster.is_watched())
    assert not cluster.socket_dir.exists()


def test_release_leaves_the_server_to_other_users(cluster: Cluster) -> None:
    other = start_user(cluster)
    wait_ready(other)
    cluster.use()

    cluster.release()

    assert cluster.answers()
    kill(other)


def test_a_forked_child_is_a_user_too(cluster: Cluster) -> None:
    cluster.use()
    child = os.fork()
    if child == 0:
        signal.pause()
        os._exit(0)
    try:
        cluster.release()

        assert cluster.answers()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_ctrl_c_does_not_reach_server_or_watch(cluster: Cluster) -> None:
    starter = start_user(cluster)
    wait_ready(starter)
    cluster.use()

    os.killpg(starter.pid, signal.SIGINT)  # start_user gave it a process group, as a terminal does
    starter.communicate()

    assert cluster.answers()
    assert cluster.is_watched()


def test_comes_back_after_the_postmaster_was_killed(cluster: Cluster) -> None:
    cluster.durable = True
    cluster.use()
    query(cluster, "CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(postmaster(cluster), signal.SIGKILL)

    cluster.use()

    assert query(cluster, "SELECT answer FROM kept") == 42


def test_pid_file_whose_number_was_given_away_is_dropped(cluster: Cluster) -> None:
    cluster.use()
    pid_file = cluster.data / "postmaster.pid"
    left_over = pid_file.read_text()
    cluster.stop()
    uid = cluster.account.pw_uid if cluster.account else None
    stranger = subprocess.Popen(["sleep", "60"], user=uid, cwd="/")
    pid_file.write_text(left_over.replace(left_over.partition("\n")[0], str(stranger.pid), 1))
    os.chown(pid_file, cluster.data.stat().st_uid, -1)

    cluster.start()

    assert cluster.answers()
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_initdb_killed_half_way_is_done_again(new_cluster: Cluster, wait_until: WaitUntil) -> None:
    starter = start_user(new_cluster)
    wait_until(lambda: any(new_cluster.data.parent.glob("new-*/global")))
    kill(starter)
    assert not new_cluster.data.exists()

    new_cluster.use()

    assert query(new_cluster, "SELECT 1") == 1
    assert not list(new_cluster.data.parent.glob("new-*"))


def test_data_that_postgresql_refuses_stay_untouched(cluster: Cluster) -> None:
    cluster.use()
    cluster.stop()
    version = cluster.data / "PG_VERSION"
    version.rename(cluster.data / "hidden")

    with pytest.raises(ServerError, match="PostgreSQL does not start"):
        cluster.use()

    (cluster.data / "hidden").rename(version)
    cluster.use()
    assert query(cluster, "SELECT 1") == 1


def test_failed_start_shows_the_end_of_the_log(cluster: Cluster) -> None:
    cluster.use()
    cluster.stop()
    with (cluster.data / "postgresql.conf").open("a") as file:
        file.write("shared_bufers = 1\n")

    with pytest.raises(ServerError, match=r"(?s)last lines of .*cluster/log.*shared_bufers"):
        cluster.use()


def test_socket_folder_made_by_somebody_else_is_refused(new_cluster: Cluster) -> None:
    new_cluster.socket_dir.mkdir(mode=0o755)

    with pytest.raises(ServerError, match=f"{new_cluster.socket_dir} must be a folder that only"):
        new_cluster.use()

    new_cluster.socket_dir.rmdir()


def test_deep_folder_with_odd_characters(cluster: Cluster) -> None:
    assert len(str(cluster.folder)) > 200  # a socket's path may have 107

    cluster.use()

    assert query(cluster, "SELECT 1") == 1


def test_same_folder_made_anew_is_another_cluster(
    new_cluster: Cluster, wait_until: WaitUntil
) -> None:
    old = Cluster(new_cluster.folder, durable=False)
    old.use()
    query(old, "CREATE TABLE old ()")
    old.release()
    wait_until(lambda: not old.is_watched())
    shutil.rmtree(old.folder)

    new_cluster.use()

    assert query(new_cluster, "SELECT to_regclass('old')") is None
    if old.home != new_cluster.home:
        shutil.rmtree(old.home)


def test_nothing_of_the_environment_is_needed(cluster: Cluster) -> None:
    done = subprocess.run(
        [sys.executable, "-c", USER_PROCESS, str(settings.BASE_DIR), str(cluster.folder)],
        env={},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def folder_of_nobody() -> Iterator[Path]:
    """A folder that user 65534 owns; pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="sendq test "))
    os.chown(folder, 65534, 65534)
    yield folder
    shutil.rmtree(folder)


def run_as_nobody(*command: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/usr/bin/env", *command],  # a program that may not be run is a failure, no exception
        user=65534,
        group=65534,
        extra_groups=[],
        cwd="/",
        env={},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="every other test here runs as an ordinary user")
def test_ordinary_user_keeps_everything_in_the_folder(
    folder_of_nobody: Path, wait_until: WaitUntil
) -> None:
    python = folder_of_nobody / "venv" / "bin" / "python"
    packages = sysconfig.get_path("purelib")
    code = f"import os; open({__file__!r}); os.listdir({packages!r})"
    for base in (sys.base_prefix + "/bin/python3", "/usr/bin/python3"):
        run_as_nobody(base, "-m", "venv", "--clear", "--without-pip", python.parent.parent)
        if run_as_nobody(python, "-c", code).returncode == 0:
            break
    else:
        # Such as under the folder of root, where nobody may read: there is nothing to try it with.
        pytest.skip("an ordinary user has no Python here, or cannot read this checkout")
    for theirs in python.parent.parent.glob("lib/*/site-packages"):
        (theirs / "ours.pth").write_text(packages)
    folder = folder_of_nobody / "pg"

    done = run_as_nobody(python, "-c", USER_PROCESS, str(settings.BASE_DIR), folder)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{folder}/cluster/data/postmaster.pid\n"
    assert (folder / "cluster").stat().st_mode & 0o777 == 0o700
    cluster = Cluster(folder)
    cluster.account = None  # its files are where an ordinary user's are
    wait_until(lambda: not cluster.is_watched())
    assert not (folder / "cluster" / "data" / "postmaster.pid").exists()
