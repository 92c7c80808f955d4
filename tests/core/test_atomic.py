"""Folders are replaced as a whole, by one process at a time, whatever interrupts it."""

from __future__ import annotations

import ctypes
import errno
import io
import itertools
import os
import platform
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from aser_bench.core import atomic, folders, locks
from aser_bench.core.errors import AserBenchError, UsageError
from aser_bench.core.journal import HIDDEN

REMEDY = "choose another folder"
OLD = {"manifest.json": "old", "scores.csv": "old", "wer.csv": "old", "tables/a.csv": "old"}
NEW = {"manifest.json": "new", "scores.csv": "new", "tables/b.csv": "new", "report.html": "new"}
NAMES = ("manifest.json", "scores.csv", "wer.csv", "tables", "report.html")


def fill(folder: Path, content: dict[str, str]) -> None:
    for name, text in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def content(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def replace(folder: Path, new: dict[str, str] = NEW, names: tuple[str, ...] = NAMES) -> None:
    with atomic.writing(folder, REMEDY) as target, target.replacing(names) as staged:
        fill(staged, new)


def hidden(folder: Path) -> list[Path]:
    return list(folder.rglob(f"*{HIDDEN}*"))


@pytest.fixture
def out(tmp_path) -> Path:
    """Return a folder with old content, alone in its parent."""
    folder = tmp_path / "parent" / "out"
    fill(folder, OLD)
    return folder


@pytest.fixture(params=["exchange", "journal"])
def mechanism(request, monkeypatch) -> str:
    """Replace folders by each of the two mechanisms."""
    if request.param == "journal":
        monkeypatch.setattr(folders, "exchange", lambda first, second: False)
    return request.param


# Replacing


def test_this_system_exchanges_folders(tmp_path):
    fill(tmp_path, {"a/old": "", "b/new": ""})
    assert folders.exchange(tmp_path / "a", tmp_path / "b")
    assert content(tmp_path) == {"a/new": "", "b/old": ""}
    assert not folders.exchange(tmp_path / "a", tmp_path / "missing")


@pytest.mark.parametrize(("system", "function"), [("darwin", "renamex_np"), ("linux", "renameat2")])
def test_each_system_has_its_call(tmp_path, monkeypatch, system, function):
    calls = []

    def call(*arguments):
        calls.append(arguments)
        return 0

    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: SimpleNamespace(**{function: call}))
    assert folders.exchange(tmp_path / "a", tmp_path / "b")
    assert [argument for argument in calls[0] if isinstance(argument, bytes)] == [
        os.fsencode(tmp_path / "a"),
        os.fsencode(tmp_path / "b"),
    ]
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: SimpleNamespace())
    assert not folders.exchange(tmp_path / "a", tmp_path / "b")


@pytest.mark.usefixtures("mechanism")
def test_new_content_replaces_the_named_entries(out):
    replace(out)
    assert content(out) == NEW
    assert not hidden(out.parent)


@pytest.mark.usefixtures("mechanism")
def test_files_of_the_user_stay(out):
    fill(out, {"notes.txt": "mine", "data/a.wav": "mine"})
    inode = (out / "notes.txt").stat().st_ino
    replace(out)
    assert content(out) == {**NEW, "notes.txt": "mine", "data/a.wav": "mine"}
    assert (out / "notes.txt").stat().st_ino == inode


@pytest.mark.usefixtures("mechanism")
def test_a_part_is_replaced_beside_the_rest(out):
    replace(out, {"tables/b.csv": "new"}, ("tables",))
    rest = {name: text for name, text in OLD.items() if not name.startswith("tables")}
    assert content(out) == {**rest, "tables/b.csv": "new"}
    assert not hidden(out.parent)


@pytest.mark.parametrize("exists", [True, False])
def test_a_new_or_empty_folder_is_filled(tmp_path, exists):
    folder = tmp_path / "a" / "b"
    if exists:
        folder.mkdir(parents=True)
    replace(folder, names=())
    assert content(folder) == NEW
    assert not hidden(tmp_path)


def test_a_new_file_never_replaces_one_that_is_not_named(out):
    with pytest.raises(UsageError, match=r"scores\.csv exists; choose another folder"):
        replace(out, names=("manifest.json", "tables"))
    assert content(out) == OLD


def test_a_file_created_during_an_exchange_is_kept(out, monkeypatch):
    exchange = folders.exchange

    def late(first, second):
        fill(out, {"notes.txt": "mine"})
        return exchange(first, second)

    monkeypatch.setattr(folders, "exchange", late)
    replace(out)
    assert content(out) == {**NEW, "notes.txt": "mine"}


@pytest.mark.usefixtures("mechanism")
def test_permissions_of_the_folder_stay(out):
    out.chmod(0o2750)
    replace(out)
    assert out.stat().st_mode & 0o7777 == 0o2750


@pytest.mark.parametrize("place", [".", "tables"])
def test_the_current_directory_stays_valid(out, monkeypatch, place):
    (out / "mine").mkdir()
    monkeypatch.chdir(out / ("mine" if place == "tables" else place))
    inode = Path.cwd().stat().st_ino
    replace(out)
    assert Path.cwd().stat().st_ino == inode
    assert content(out) == NEW


@pytest.mark.parametrize("dangling", [True, False])
def test_a_symbolic_link_to_the_folder_stays(out, dangling):
    link = out.parent.parent / "link"
    link.symlink_to(out.parent / "new" if dangling else out)
    replace(link)
    assert link.is_symlink()
    assert content(link) == NEW


def test_a_mount_point_is_replaced(tmp_path):
    mount = f"mount -t tmpfs tmpfs {tmp_path} && mkdir {tmp_path}/a && mount -t tmpfs tmpfs"
    bind = f"mkdir {tmp_path}/disk && mount --bind {tmp_path}/disk"
    for command in (mount, f"mount -t tmpfs tmpfs {tmp_path} && mkdir {tmp_path}/a && {bind}"):
        run_in_namespace(
            f'{command} {tmp_path}/a && exec "$@"',
            f"""
            folder = Path({str(tmp_path / "a")!r})
            test.fill(folder, test.OLD)
            test.replace(folder)
            assert test.content(folder) == test.NEW
            assert not test.hidden(folder.parent)
            """,
        )


def test_a_folder_in_a_read_only_parent_is_replaced(tmp_path):
    fill(tmp_path / "parent" / "out", OLD)
    run_in_namespace(
        f"mount -t tmpfs tmpfs {tmp_path} && mkdir {tmp_path}/out {tmp_path}/disk && "
        f"mount -t tmpfs tmpfs {tmp_path}/out && mount -o remount,ro {tmp_path} && "
        'exec "$@"',
        f"""
        folder = Path({str(tmp_path / "out")!r})
        test.fill(folder, test.OLD)
        test.replace(folder)
        assert test.content(folder) == test.NEW
        try:
            test.replace(folder / ".." / "other")
        except AserBenchError as error:
            assert "cannot be written (Permission denied): choose" in str(error), error
        else:
            raise AssertionError
        """,
    )


def run_in_namespace(prepare: str, code: str) -> None:
    """Run code that may mount disks; skip the test where the system does not allow it."""
    prefix = ["unshare", "--map-root-user", "--mount", "sh", "-ec"]
    try:
        subprocess.run([*prefix, "mount -t tmpfs tmpfs /mnt"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this system does not let a test mount a disk")
    command = [*prefix, prepare, "sh", sys.executable, "-c", script(code)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def script(code: str) -> str:
    """Return a program that runs code with this module as ``test``."""
    return (
        f"import os, sys, time\nsys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from pathlib import Path\nimport test_atomic as test\n"
        "from aser_bench.core import atomic\nfrom aser_bench.core.errors import AserBenchError\n"
        + textwrap.dedent(code)
    )


# Failures


@pytest.mark.usefixtures("mechanism")
@pytest.mark.parametrize("ending", [KeyboardInterrupt, SystemExit, RuntimeError])
def test_a_failed_block_changes_nothing(out, ending):
    def fail(folder):
        with atomic.writing(folder, REMEDY) as target, target.replacing(NAMES) as staged:
            fill(staged, NEW)
            raise ending

    with pytest.raises(ending):
        fail(out)
    with pytest.raises(ending):
        fail(out.parent / "new" / "folder")
    assert content(out) == OLD
    assert [path.name for path in out.parent.iterdir()] == ["out"]


@pytest.mark.usefixtures("mechanism")
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EIO])
def test_a_full_or_broken_disk_changes_nothing(out, monkeypatch, code):
    def broken(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(AserBenchError) as caught:
        replace(out)
    full = code in (errno.ENOSPC, errno.EDQUOT)
    assert ("no space left on the disk of" in str(caught.value)) == full
    assert ("cannot be written" in str(caught.value)) != full
    assert str(out) in str(caught.value)
    assert REMEDY in str(caught.value)
    monkeypatch.undo()
    assert content(out) == OLD
    assert not hidden(out.parent)


def test_a_broken_pipe_is_not_the_disk(out):
    def fail():
        with atomic.writing(out, REMEDY) as target, target.replacing(NAMES):
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        fail()
    assert content(out) == OLD


@pytest.mark.parametrize("place", ["file", "file/out", "file/a/out"])
def test_a_file_in_the_place_of_a_folder_is_named(tmp_path, place):
    fill(tmp_path, {"file": "mine"})
    with pytest.raises(AserBenchError, match=r"is a file|cannot be written \(Not a directory\)"):
        replace(tmp_path / place)
    assert content(tmp_path) == {"file": "mine"}


def test_an_interrupt_during_the_moves_completes_them(out, monkeypatch):
    monkeypatch.setattr(folders, "exchange", lambda first, second: False)
    delete, calls = folders.delete, []

    def interrupted(path):
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt
        delete(path)

    monkeypatch.setattr(folders, "delete", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace(out)
    assert content(out) == NEW
    assert not hidden(out.parent)


# A process that is killed at each of its system calls

CALLS = ("rename", "replace", "unlink", "rmdir", "mkdir", "truncate", "fsync", "open")
KILLED = 9


def run_until_killed(folder: Path, step: int, kind: str) -> int:
    """Replace a folder in a process that ends at a system call; return its exit code."""
    pid = os.fork()
    if pid == 0:
        try:
            kill_at(step, kind)
            replace(folder)
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill_at(step: int, kind: str) -> None:
    """End this process at a system call, before it is made."""
    steps = itertools.count(1)

    def killing(function):
        def call(*arguments, **options):
            if next(steps) == step:
                os._exit(KILLED)
            return function(*arguments, **options)

        return call

    journal = kind == "journal"
    folders.exchange = (lambda first, second: False) if journal else killing(folders.exchange)
    io.open = killing(io.open)
    for name in CALLS:
        setattr(os, name, killing(getattr(os, name)))


@pytest.mark.parametrize("kind", ["exchange", "journal"])
@pytest.mark.parametrize("more", [{}, {"notes.txt": "mine"}])
def test_a_kill_at_any_step_leaves_the_old_or_the_new_folder(tmp_path, kind, more):
    """The scores and the manifest are of one replacement, before and after recovery."""
    states = []
    for step in range(1, 200):
        folder = tmp_path / str(step) / "out"
        fill(folder, OLD | more)
        code = run_until_killed(folder, step, kind)
        raw = content(folder)
        if code == 0:
            break
        assert code == KILLED
        if kind == "exchange" and not more:
            assert raw in (OLD, NEW)
        elif "manifest.json" in raw:  # no manifest: the folder is marked as incomplete
            assert raw["manifest.json"] == raw["scores.csv"]
        atomic.complete_interrupted(folder)
        recovered = {name: text for name, text in content(folder).items() if "aser-" not in name}
        assert recovered in (OLD | more, NEW | more)
        states.append(recovered["scores.csv"])
        replace(folder)
        assert content(folder) == NEW | more
        assert not hidden(folder.parent)
    else:
        pytest.fail("the replacement never ended")
    assert states == sorted(states, reverse=True)  # first the old one, then the new one
    assert min(states.count("old"), states.count("new")) > 2


def test_leftovers_of_killed_processes_are_removed(out):
    """Also those beside other folders of the same parent, but none of a running process."""
    ending = f"{HIDDEN}new-12345678"
    for left in (out / ending, out.with_name(f".out{ending}"), out.with_name(f".gone{ending}")):
        fill(left, {"half.csv": ""})
    other = out.with_name("other")
    with atomic.writing(other, REMEDY) as target, target.replacing() as staged:
        fill(staged, NEW)
        replace(out)
        assert set(hidden(out.parent)) == {staged, out.with_name(f".other{HIDDEN}lock")}
    assert content(other) == NEW
    assert not hidden(out.parent)


def test_a_lock_file_of_a_killed_process_protects_nothing(out):
    left = out.with_name(f".gone{HIDDEN}new-12345678")
    fill(left, {"half.csv": ""})
    out.with_name(f".gone{HIDDEN}lock").write_text("1 elsewhere aser-bench run")
    replace(out)
    assert [path.name for path in out.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("what", ["another user", "symbolic link"])
def test_folders_of_others_are_not_removed(out, monkeypatch, what):
    left = out.with_name(f".gone{HIDDEN}new-12345678")
    if what == "symbolic link":
        left.symlink_to(out)
    else:
        fill(left, {"half.csv": ""})
        monkeypatch.setattr(os, "getuid", lambda: 2**20)
    replace(out)
    assert left.exists()
    assert content(out) == NEW


def test_a_folder_of_another_group_is_not_exchanged(out):
    """The new folder would have another group."""
    try:
        os.chown(out, -1, 12345)
    except PermissionError:
        pytest.skip("only root may change the group")
    inode = out.stat().st_ino
    replace(out)
    assert (out.stat().st_ino, out.stat().st_gid) == (inode, 12345)
    assert content(out) == NEW


def test_a_journal_from_elsewhere_touches_nothing_outside(out):
    fill(out.parent, {"precious.txt": "mine"})
    for names in ('["../precious.txt", "..", ".", "", "\\u0000", 3]', '".."', "{", "\0"):
        fill(out / f"{HIDDEN}journal", {f"{HIDDEN}removed.json": names})
        atomic.complete_interrupted(out)
        assert content(out) == OLD
    assert content(out.parent)["precious.txt"] == "mine"
    (out / f"{HIDDEN}journal").symlink_to(out.parent)
    atomic.complete_interrupted(out)
    assert content(out.parent)["precious.txt"] == "mine"


# Several processes


def test_a_second_process_is_refused_and_the_first_is_named(out):
    code = f"""
    with atomic.writing(Path({str(out)!r}), test.REMEDY):
        print("locked", flush=True)
        sys.stdin.read()
    """
    command = [sys.executable, "-c", script(code), "--seed", "9"]
    first = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert first.stdout.readline() == "locked\n"
    with pytest.raises(UsageError) as caught:
        replace(out)
    message = str(caught.value)
    assert message.startswith(f"{out} is being written by process {first.pid} (python")
    assert message.endswith("; wait until it ends, or choose another folder")
    assert "\n" not in message
    first.kill()
    first.communicate()
    replace(out)  # the lock of a killed process does not count
    assert content(out) == NEW
    assert not hidden(out.parent)


RACE = """
folder, own = Path(sys.argv[1]), sys.argv[2]
end, written = time.monotonic() + 3, 0
while time.monotonic() < end:
    try:
        with atomic.writing(folder, test.REMEDY) as target, target.replacing(test.NAMES) as staged:
            test.fill(staged, dict.fromkeys(("scores.csv", "manifest.json", "tables/a.csv"), own))
            written += 1
    except AserBenchError as error:
        assert "is being written by" in str(error), error
print(written)
"""


def test_racing_processes_never_mix_their_files(out):
    """Read by others at any time, the folder is whole: it is opened once and read from there."""
    command = [sys.executable, "-c", script(RACE), str(out)]
    writers = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        texts = snapshot(out)
        assert len(texts) == 1 or not texts  # none: the folder was removed while it was read
        seen |= texts
    written = [int(writer.communicate()[0]) for writer in writers]
    assert all(writer.returncode == 0 for writer in writers)
    assert all(written)
    assert len(set(content(out).values())) == 1
    assert len(seen) > 1
    assert not hidden(out.parent)


def snapshot(folder: Path) -> set[str]:
    """Return the texts of a folder's files, all from the same folder on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    texts = set()
    try:
        for name in ("scores.csv", "manifest.json"):
            file = os.open(name, os.O_RDONLY, dir_fd=handle)
            texts.add(os.read(file, 100).decode())
            os.close(file)
    except FileNotFoundError:
        return set()
    finally:
        os.close(handle)
    return texts


@pytest.fixture
def without_locks(monkeypatch) -> Iterator[None]:
    """Let locks fail as on a file system that has none."""
    monkeypatch.setattr(locks, "try_lock", lambda handle: False)
    return


@pytest.mark.usefixtures("without_locks")
def test_without_locks_a_running_process_is_refused(out):
    with atomic.writing(out, REMEDY), pytest.raises(UsageError) as caught:
        replace(out)
    assert f"being written by process {os.getpid()} (" in str(caught.value)
    assert "if that process has ended, delete" in str(caught.value)
    replace(out)
    assert content(out) == NEW


@pytest.mark.usefixtures("without_locks")
@pytest.mark.parametrize(
    ("pid", "host"),
    [(2**22 + 1, None), (os.getpid(), "elsewhere"), (0, "")],
    ids=["no such process", "another machine", "no process number"],
)
def test_without_locks_the_process_number_decides_on_this_machine(out, pid, host):
    lock = out.with_name(f".out{HIDDEN}lock")
    lock.write_text(f"{pid} {platform.node() if host is None else host} aser-bench run")
    if host is None:
        replace(out)
        assert content(out) == NEW
    else:
        with pytest.raises(UsageError, match="is being written by"):
            replace(out)


def test_a_reader_waits_for_the_moves_of_a_running_writer(out, monkeypatch):
    monkeypatch.setattr(atomic, "_PATIENCE_S", 0.2)
    fill(out / f"{HIDDEN}journal", {"scores.csv": "new"})
    with locks.exclusive(out.with_name(f".out{HIDDEN}lock")):
        start = time.monotonic()
        with pytest.raises(UsageError, match="is being written by process"):
            atomic.complete_interrupted(out)
        assert time.monotonic() - start > 0.2
    atomic.complete_interrupted(out)
    assert content(out) == {**OLD, "scores.csv": "new"}


def test_a_process_that_has_not_yet_described_itself_is_another_process(out):
    lock = out.with_name(f".out{HIDDEN}lock")
    with locks.exclusive(lock):
        lock.write_text("")
        with pytest.raises(UsageError, match="is being written by another process; wait"):
            replace(out)


def test_a_description_is_one_short_line(monkeypatch, out):
    monkeypatch.setattr(sys, "orig_argv", ["/usr/bin/python", "-c", "a\nb\x1b[31m" + "c" * 999])
    with atomic.writing(out, REMEDY), pytest.raises(UsageError) as caught:
        replace(out)
    message = str(caught.value)
    assert "(python -c 'a b [31mccc" in message
    assert len(message) < len(str(out)) + 250
    assert message.isprintable()


# Checks


def test_only_an_empty_folder_is_empty(tmp_path):
    atomic.check_empty(tmp_path / "missing", REMEDY)
    fill(tmp_path / f"{HIDDEN}new-12345678", {"half.csv": ""})
    atomic.check_empty(tmp_path, REMEDY)
    fill(tmp_path, {"file": ""})
    with pytest.raises(UsageError, match="is not empty; choose another folder"):
        atomic.check_empty(tmp_path, REMEDY)
    with pytest.raises(UsageError, match="is a file; choose another folder"):
        atomic.check_empty(tmp_path / "file", REMEDY)


def test_only_results_may_be_replaced(tmp_path):
    atomic.check_folder(tmp_path)
    fill(tmp_path, {"tables/a.csv": ""})
    atomic.check_folder(tmp_path, ("tables",))
    with pytest.raises(UsageError, match="contains files that are not results"):
        atomic.check_folder(tmp_path)
    fill(tmp_path, {"manifest.json": ""})
    atomic.check_folder(tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        atomic.check_folder(tmp_path / "manifest.json")


# Files


def test_a_file_appears_when_it_is_complete(tmp_path):
    path, temporary = tmp_path / "a" / "file", tmp_path / "tmp" / "1"

    def write(file):
        assert not path.exists()
        file.write(b"whole")

    atomic.write_file(path, write, temporary)
    assert path.read_bytes() == b"whole"
    assert not temporary.exists()


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt()])
def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, error):
    fill(tmp_path, {"file": "old"})

    def write(file):
        file.write(b"half")
        raise error

    with pytest.raises(type(error)):
        atomic.write_file(tmp_path / "file", write, tmp_path / "temporary")
    assert content(tmp_path) == {"file": "old"}
