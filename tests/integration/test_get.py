# SPDX-License-Identifier: MIT
"""torq get: what is interrupted goes on, whole folders, full disks, the line that shows how far it is."""
import fcntl
import hashlib
import json
import os
import pty
import random
import signal
import socket
import stat
import struct
import subprocess
import termios
import threading
import time

import pytest

from harness import processes, seed, torq

OK, OTHER, USAGE, NOT_FOUND, NETWORK, UNVERIFIED, TRUST_REFUSED, INTERRUPTED, DISK = range(9)
PART, RECORD = ".torq-part", ".torq-resume"
OVERLAP = 16 * 1024
SIZE = 400_000
DATA = hashlib.shake_128(b"a file").digest(SIZE)


def offers(*names):
    return {"contains": "capabilities", "answer": json.dumps({"version": 1, "capabilities": ["file", *names], "limits": {}})}


def raw(data, offset=0, **members):
    header = {"filename": "f", "size": len(data), "offset": offset, "length": len(data) - offset, **members}
    return (json.dumps(header).encode() + b"\n" + data[offset:]).hex()


def left_in(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("stderr."))


def leave(folder, url, part, size, name="f"):
    """What an interrupted run leaves."""
    (folder / (name + PART)).write_bytes(part)
    (folder / (name + RECORD)).write_text(json.dumps({"url": url, "size": size, "bytes": len(part)}))


def wait_until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.002)


def size_of(path):
    return path.stat().st_size if path.exists() else 0


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


# What is interrupted ------------------------------------------------------------------------------------------------------------------


def test_an_interrupted_download_goes_on_where_it_was(command, scripted):
    half = SIZE // 2
    server = scripted([
        offers("file_raw", "file_range"),
        {"contains": '"offset"', "hex": raw(DATA, half - OVERLAP)},
        {"contains": '"raw"', "hex": raw(DATA)[:-2 * (SIZE - half)], "end": False},
    ])
    words = ("get", f"{server.url}/f", "--pin", server.pin)
    first = command.start(*words)
    wait_until(lambda: size_of(command.folder / ("f" + PART)) == half)
    first.send_signal(signal.SIGINT)
    assert first.wait() == INTERRUPTED, first.describe()
    assert left_in(command.folder) == ["f" + PART, "f" + RECORD]
    assert "the same command goes on from there" in first.stderr

    second = command(*words, "--json")

    assert second.code == OK, second
    assert f"f: {half} of its {SIZE} bytes were here already" in second.err
    assert second.objects[0]["sha256"] == hashlib.sha256(DATA).hexdigest()
    assert second.objects[0]["bytes"] == SIZE
    assert (command.folder / "f").read_bytes() == DATA
    assert left_in(command.folder) == ["f"]


def test_a_download_whose_server_goes_leaves_what_came(command, scripted):
    server = scripted([offers("file_raw", "file_range"), {"contains": '"raw"', "hex": raw(DATA)[:-2000], "end": False}])
    running = command.start("get", f"{server.url}/f", "--pin", server.pin)
    wait_until(lambda: size_of(command.folder / ("f" + PART)) == SIZE - 1000)

    server.stop()

    assert running.wait(90) == NETWORK, running.describe()
    assert left_in(command.folder) == ["f" + PART, "f" + RECORD]
    assert f"{SIZE - 1000} of {SIZE} bytes are kept" in running.stderr


@pytest.mark.parametrize("change", ["same", "other bytes", "other beginning", "shorter", "longer", "much shorter"])
def test_only_the_same_file_is_continued(serve, command, tree, change):
    until = SIZE // 2 - OVERLAP
    new = {"same": DATA, "other bytes": DATA[::-1], "other beginning": DATA[:until][::-1] + DATA[until:], "shorter": DATA[:-1], "longer": DATA + b"more",
           "much shorter": DATA[:1000]}[change]
    (tree / "f").write_bytes(new)
    server = serve(root=tree)
    leave(command.folder, f"{server.url}/f", DATA[:SIZE // 2], SIZE)

    finished = command("get", f"{server.url}/f", "--pin", server.pin)

    assert finished.code == OK, finished
    assert (command.folder / "f").read_bytes() == new
    assert ("changed" in finished.err) == (change != "same"), finished
    assert left_in(command.folder) == ["f"]


@pytest.mark.parametrize("in_place", [False, True])
def test_two_versions_of_a_file_are_never_mixed(serve, command, tree, in_place):
    """One byte of what is here and one of what is to come are other ones, far from each place that is compared: of the same size, and
    with the same time of its last change."""
    size = 24 << 20
    old = hashlib.shake_128(b"old").digest(size)
    new = bytearray(old)
    new[1_000_003] ^= 1
    new[-5] ^= 1
    path = tree / "f"
    path.write_bytes(old)
    times = path.stat()
    server = serve(root=tree)
    words = ("get", f"{server.url}/f", "--pin", server.pin)
    running = command.start(*words)
    wait_until(lambda: size_of(command.folder / ("f" + PART)) > 2 << 20)
    running.send_signal(signal.SIGINT)
    assert running.wait() == INTERRUPTED, running.describe()

    other = path if in_place else tree / "other"
    other.write_bytes(new)
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.rename(path)
    finished = command(*words)

    assert finished.code == OK, finished
    assert "the server's file has changed" in finished.err
    assert (command.folder / "f").read_bytes() == new


@pytest.mark.parametrize("part, size", [(b"", SIZE), (DATA[:1], SIZE), (DATA[:OVERLAP], SIZE), (DATA, SIZE)])
def test_parts_of_every_size_are_continued(serve, command, tree, part, size):
    (tree / "f").write_bytes(DATA)
    server = serve(root=tree)
    leave(command.folder, f"{server.url}/f", part, size)

    assert command("get", f"{server.url}/f", "--pin", server.pin).code == OK

    assert (command.folder / "f").read_bytes() == DATA


@pytest.mark.parametrize("record", ["", "{", "[]", '{"url": 5}', '{"url": "quic://h/other", "size": 400000, "bytes": 9}'])
def test_a_part_without_a_good_record_is_none(serve, command, tree, record):
    (tree / "f").write_bytes(DATA)
    server = serve(root=tree)
    (command.folder / ("f" + PART)).write_bytes(b"something else")
    (command.folder / ("f" + RECORD)).write_text(record)

    finished = command("get", f"{server.url}/f", "--pin", server.pin)

    assert finished.code == OK, finished
    assert (command.folder / "f").read_bytes() == DATA
    assert left_in(command.folder) == ["f"]


def test_a_server_without_ranges_sends_it_all_and_that_is_said(command, foreign_server, root):
    url = f"{foreign_server.url}/medium.bin"
    whole = (root / "medium.bin").read_bytes()
    leave(command.folder, url, whole[:1000], len(whole), "medium.bin")

    finished = command("get", url, "--pin", foreign_server.pin)

    assert finished.code == OK, finished
    assert "from its beginning" in finished.err
    assert (command.folder / "medium.bin").read_bytes() == whole


def test_a_part_that_is_not_the_file_is_noticed_by_the_digest(command, scripted):
    """Where the server tells it: the lie is before the place from which on the bytes are compared."""
    digest = hashlib.sha256(DATA).hexdigest()
    half = SIZE // 2
    server = scripted([offers("file_raw", "file_range"), {"contains": '"offset"', "hex": raw(DATA, half - OVERLAP, sha256=digest)},
                       {"contains": '"raw"', "hex": raw(DATA, sha256=digest)}])
    leave(command.folder, f"{server.url}/f", b"?" + DATA[1:half], SIZE)

    finished = command("get", f"{server.url}/f", "--pin", server.pin)

    assert finished.code == OK, finished
    assert (command.folder / "f").read_bytes() == DATA


def test_two_commands_do_not_write_the_same_file(command, scripted):
    server = scripted([offers("file_raw", "file_range"), {"contains": '"raw"', "hex": raw(DATA)[:-2], "end": False}])
    words = ("get", f"{server.url}/f", "--pin", server.pin)
    first = command.start(*words)
    wait_until(lambda: size_of(command.folder / ("f" + PART)) == SIZE - 1)

    second = command(*words)

    assert second.code == DISK and "another torq" in second.err, second
    first.send_signal(signal.SIGTERM)
    assert first.wait() == INTERRUPTED


@pytest.mark.parametrize("number", range(8))
def test_interrupted_at_any_moment_the_next_run_completes_it(command, shared_server, root, number):
    moment = random.Random(number).randrange(1, seed.SIZES["large.bin"])
    words = ("get", f"{shared_server.url}/large.bin", f"{shared_server.url}/medium.bin", "--pin", shared_server.pin)
    part = command.folder / ("large.bin" + PART)
    running = command.start(*words)
    wait_until(lambda: size_of(part) >= moment or (command.folder / "large.bin").exists(), 120)
    running.send_signal(signal.SIGINT)

    assert running.wait(60) in (OK, INTERRUPTED), running.describe()
    assert not running.faults(), running.describe()

    finished = command(*words)

    assert finished.code == OK, finished
    for name in ("large.bin", "medium.bin"):
        assert (command.folder / name).read_bytes() == (root / name).read_bytes()
    assert left_in(command.folder) == ["large.bin", "medium.bin"]


def test_who_is_refused_keeps_what_was_there(serve, command, tree):
    """A key that has changed is no reason to throw anything away."""
    (tree / "f").write_bytes(DATA)
    server = serve(root=tree)
    leave(command.folder, f"{server.url}/f", DATA[:SIZE // 2], SIZE)

    refused = command("get", f"{server.url}/f", "--pin", "sha256:" + "00" * 32)

    assert refused.code == TRUST_REFUSED, refused
    assert left_in(command.folder) == ["f" + PART, "f" + RECORD]
    assert command("get", f"{server.url}/f", "--pin", server.pin).code == OK
    assert (command.folder / "f").read_bytes() == DATA


# Folders ------------------------------------------------------------------------------------------------------------------------------


def test_a_folder_comes_with_all_that_is_in_it(serve, command, tree):
    files = {"a": b"A", "sub/b c": b"B", "sub/deep/er/ü%.txt": b"D" * 70_000, "z/empty": b""}
    for name, data in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(data)
    (tree / "nothing").mkdir()
    server = serve(root=tree)

    everything = command("get", "-r", server.url, "-o", "out", "--json", "--pin", server.pin)
    part = command("get", "-r", f"{server.url}/sub/", "--parallel", 1, "--pin", server.pin)

    assert everything.code == OK, everything
    assert {fetched["path"] for fetched in everything.objects} == {f"out/{name}" for name in files}
    for name, data in files.items():
        assert (command.folder / "out" / name).read_bytes() == data
    assert (command.folder / "out" / "nothing").is_dir()
    assert part.code == OK, part
    assert (command.folder / "sub" / "deep" / "er" / "ü%.txt").read_bytes() == files["sub/deep/er/ü%.txt"]


def test_a_file_may_be_asked_for_as_a_folder(serve, command, tree):
    (tree / "f").write_bytes(DATA)
    server = serve(root=tree)

    assert command("get", "-r", f"{server.url}/f", "--pin", server.pin).code == OK
    assert command("get", "-r", f"{server.url}/f", "-o", "out", "--pin", server.pin).code == OK
    absent = command("get", "-r", f"{server.url}/absent", "--pin", server.pin)

    assert (command.folder / "f").read_bytes() == (command.folder / "out" / "f").read_bytes() == DATA
    assert absent.code == NOT_FOUND, absent


@pytest.mark.parametrize("number", [1, 5, 20])
def test_an_interrupted_folder_is_completed_by_the_next_run(serve, command, tree, number):
    files = {f"{folder}/{name}": hashlib.shake_128(bytes([folder, name])).digest(30_000) for folder in range(5) for name in range(10)}
    for name, data in files.items():
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_bytes(data)
    server = serve(root=tree)
    words = ("get", "-r", server.url, "-o", "out", "--pin", server.pin)
    running = command.start(*words)
    wait_until(lambda: len([path for path in command.folder.glob("out/*/*") if path.suffix == ""]) >= number)
    running.send_signal(signal.SIGINT)
    assert running.wait() in (OK, INTERRUPTED), running.describe()

    finished = command(*words)

    assert finished.code == OK, finished
    got = {str(path.relative_to(command.folder / "out")): path.read_bytes() for path in command.folder.glob("out/*/*")}
    assert got == files


def entries(*names, **more):
    listed = [{"name": name, "type": "file", "size": 3} for name in sorted(names, key=str.encode)]
    return json.dumps({"list": "", "entries": listed, **more})


def test_names_that_lead_elsewhere_are_left_out(command, scripted):
    evil = ["", ".", "..", "../evil", "/evil", "x/../../evil", "back\\slash", "new\nline", "\x1b[2J", "\x00", "e" * 256, "\u009b2J"]
    server = scripted([offers("file_raw", "list"), {"contains": '"list":', "answer": entries("good", *evil)},
                       {"contains": '"file":', "hex": raw(b"abc")}])

    finished = command("get", "-r", server.url, "-o", "out", "--pin", server.pin)

    assert finished.code == OTHER, finished
    assert [path.name for path in (command.folder / "out").iterdir()] == ["good"]
    assert left_in(command.folder) == [] and not (command.folder.parent / "evil").exists()
    assert not any(character in finished.err for character in "\x1b\x00\x9b")


def test_a_folder_within_itself_without_end_is_left(command, scripted):
    listed = json.dumps({"list": "", "entries": [{"name": "a", "type": "folder", "size": 0}]})
    server = scripted([offers("file_raw", "list"), {"contains": '"list":', "answer": listed}])

    finished = command("get", "-r", server.url, "-o", "out", "--pin", server.pin)

    assert finished.code == OTHER and "32 folders deep" in finished.err, finished


def test_a_folder_comes_in_pages(command, scripted):
    server = scripted([offers("file_raw", "list"), {"contains": '"after":"b"', "answer": entries("c", "d")},
                       {"contains": '"list":', "answer": entries("a", "b", truncated=True)}, {"contains": '"file":', "hex": raw(b"abc")}])

    finished = command("get", "-r", server.url, "-o", "out", "--pin", server.pin)

    assert finished.code == OK, finished
    assert left_in(command.folder / "out") == ["a", "b", "c", "d"]


@pytest.mark.parametrize("listed", [
    entries("a", "b", truncated=True), entries(truncated=True), '{"list": "", "entries": [{"name": "a"}]}', "{", "",
    '{"list": "", "entries": [{"name": "b", "type": "file", "size": 3}, {"name": "a", "type": "file", "size": 3}]}',
])
def test_a_list_that_makes_no_sense_ends(command, scripted, listed):
    server = scripted([offers("file_raw", "list"), {"contains": '"list":', "answer": listed}, {"contains": '"file":', "hex": raw(b"abc")}])

    finished = command("get", "-r", server.url, "-o", "out", "--pin", server.pin)

    assert finished.code == OTHER, finished


def test_a_server_that_lists_nothing_is_told_with_the_next_step(command, foreign_server):
    finished = command("get", "-r", foreign_server.url, "-o", "out", "--pin", foreign_server.pin)

    assert finished.code == OTHER, finished
    assert "does not list" in finished.err and "torq get URL/FILE" in finished.err


# Where to -----------------------------------------------------------------------------------------------------------------------------


def test_a_link_stays_and_what_it_leads_to_is_replaced(shared_server, command, root):
    there = command.folder / "there"
    there.mkdir()
    (there / "real").write_bytes(b"old")
    (command.folder / "link").symlink_to("there/real")
    (command.folder / "to folder").symlink_to("there")
    url = f"{shared_server.url}/small.txt"

    through = command("get", url, "-o", "link", "--json", "--pin", shared_server.pin)
    into = command("get", url, "-o", "to folder", "--pin", shared_server.pin)

    assert through.code == OK and into.code == OK, (through, into)
    assert (command.folder / "link").is_symlink() and through.objects[0]["path"] == "there/real"
    assert (there / "real").read_bytes() == (there / "small.txt").read_bytes() == (root / "small.txt").read_bytes()
    assert left_in(there) == ["real", "small.txt"]


@pytest.mark.parametrize("output", ["fifo", "socket", "/dev/null", "/dev/stdout", "/dev/fd/1", "circle"])
def test_what_is_no_file_is_refused_before_anyone_is_asked(command, output):
    os.mkfifo(command.folder / "fifo")
    (command.folder / "circle").symlink_to("circle")
    os.mknod(command.folder / "socket", 0o600 | stat.S_IFSOCK)

    finished = command("get", "quic://127.0.0.1:9/f", "-o", output, "--pin", "sha256:" + "00" * 32)

    assert finished.code == USAGE, finished
    assert output in finished.err and ("-o -" in finished.err or output == "circle"), finished


def test_a_file_to_standard_output(shared_server, command, root):
    words = [str(torq.binary()), "get", f"{shared_server.url}/medium.bin", "-o", "-", "--pin", shared_server.pin]

    done = subprocess.run([*words, "--json"], cwd=command.folder, env=command.environment, capture_output=True)
    cut = subprocess.run(["bash", "-c", '"$@" | head -c 5; exit ${PIPESTATUS[0]}', "-", *words], cwd=command.folder,
                         env=command.environment, capture_output=True)

    whole = (root / "medium.bin").read_bytes()
    assert done.returncode == OK and done.stdout == whole, done.stderr
    told = json.loads(done.stderr)
    assert told["path"] == "-" and told["sha256"] == hashlib.sha256(whole).hexdigest()
    assert cut.returncode == DISK and cut.stdout == whole[:5] and b"not the whole file" in cut.stderr, cut
    assert left_in(command.folder) == []


def test_standard_output_tells_by_its_exit_code_that_a_file_is_none(command, scripted):
    server = scripted([offers("file_raw"), {"contains": '"raw"', "hex": raw(b"text", sha256="00" * 32)}])

    finished = command("get", f"{server.url}/f", "-o", "-", "--pin", server.pin)

    assert finished.code == UNVERIFIED and finished.out == "text" and "not the whole file" in finished.err, finished


def test_who_reads_slowly_can_still_interrupt(shared_server, command):
    reader, writer = os.pipe()
    words = [str(torq.binary()), "get", f"{shared_server.url}/large.bin", "-o", "-", "--pin", shared_server.pin]
    running = subprocess.Popen(words, cwd=command.folder, env=command.environment, stdout=writer, stderr=subprocess.DEVNULL)
    os.close(writer)
    assert os.read(reader, 1)
    running.send_signal(signal.SIGINT)

    assert running.wait(20) == INTERRUPTED
    os.close(reader)


@pytest.mark.parametrize("words", [("-r",), ("quic://127.0.0.1:1/other",)])
def test_standard_output_takes_one_file(command, words):
    assert command("get", "quic://127.0.0.1:1/f", *words, "-o", "-").code == USAGE


# Without end --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin, flood", [('{"data":[', " " * 60_000), ('{"data":[1],"other":[', "1," * 30_000), ("{", " " * 60_000)])
def test_an_answer_without_end_ends(command, scripted, begin, flood):
    server = scripted([{"contains": '"file":', "answer": begin, "flood": flood}])

    finished = command("get", f"{server.url}/f", "--pin", server.pin)

    assert finished.code == UNVERIFIED and "too long for the file" in finished.err, finished
    assert left_in(command.folder) == []


# The disk -----------------------------------------------------------------------------------------------------------------------------


def test_room_is_looked_for_first(command, scripted):
    header = json.dumps({"filename": "f", "size": 10**17, "offset": 0, "length": 10**17}).encode() + b"\n"
    server = scripted([offers("file_raw", "file_range"), {"contains": '"raw"', "hex": (header + b"abc").hex(), "end": False}])

    finished = command("get", f"{server.url}/f", "--pin", server.pin)

    assert finished.code == DISK, finished
    assert f"{10**17} bytes needed" in finished.err and "bytes free" in finished.err
    assert left_in(command.folder) == []


@pytest.mark.parametrize("size", [10**17, 2**63])
def test_a_folder_that_will_not_fit_is_told_of_before_it_is_fetched(command, scripted, size):
    listed = json.dumps({"list": "", "entries": [{"name": name, "type": "file", "size": size} for name in "ab"]})
    server = scripted([offers("file_raw", "list"), {"contains": '"list":', "answer": listed}, {"contains": '"file":', "hex": raw(b"abc")}])

    finished = command("get", "-r", server.url, "-o", "out", "--parallel", 1, "--pin", server.pin)

    assert f"{min(2 * size, 2**64 - 1)} bytes are to come" in finished.err and "bytes are free in out" in finished.err, finished


def test_a_limit_of_the_disk_removes_what_it_stopped(command, shared_server):
    script = f'ulimit -f 100; exec "$0" get {shared_server.url}/large.bin --pin {shared_server.pin}'

    finished = processes.run(["bash", "-c", script, torq.binary()], command.folder, command.environment)

    assert finished.code == DISK, finished
    assert left_in(command.folder) == []


# The line that shows how far it is ----------------------------------------------------------------------------------------------------


class Terminal:
    """A window of so many columns as the standard error of a command."""

    def __init__(self, command, columns, *words):
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.text = ""
        script = 'exec "$0" "$@" 2>"$TERMINAL"'
        command.environment.update(TERM="xterm", TERMINAL=os.ttyname(theirs))
        self.process = processes.Process(["bash", "-c", script, torq.binary(), *words], command.folder, command.environment)
        self._theirs = theirs
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                self.text += os.read(self._ours, 4096).decode(errors="replace")
            except OSError:
                return

    @property
    def lines(self):
        """What was drawn, one after the other."""
        return [line for line in self.text.replace("\x1b[K", "").replace("\r", "\n").split("\n") if "B of " in line]


def test_a_terminal_shows_how_far_it_is_and_is_left_clean(command, scripted):
    server = scripted([offers("file_raw", "file_range"), {"contains": '"raw"', "hex": raw(DATA)[:-2 * 100_000], "end": False}])
    terminal = Terminal(command, 60, "get", f"{server.url}/f", "--pin", server.pin)
    wait_until(lambda: "300.0 kB of 400.0 kB" in terminal.text)

    terminal.process.send_signal(signal.SIGINT)

    assert terminal.process.wait() == INTERRUPTED
    wait_until(lambda: "interrupted" in terminal.text)
    assert all(len(line) < 60 for line in terminal.lines), terminal.lines
    assert "\n" not in terminal.text[:terminal.text.index("torq: interrupted")]
    assert terminal.text[:terminal.text.index("torq: interrupted")].endswith("\r\x1b[K")


@pytest.mark.parametrize("option", ["--json", "--no-progress"])
def test_who_wants_no_line_gets_none(command, scripted, option):
    server = scripted([offers("file_raw", "file_range"), {"contains": '"raw"', "hex": raw(DATA)[:-200], "end": False}])
    terminal = Terminal(command, 60, "get", f"{server.url}/f", option, "--pin", server.pin)
    wait_until(lambda: size_of(command.folder / ("f" + PART)) == SIZE - 100)
    time.sleep(0.5)  # five times the time after which it would have been drawn

    terminal.process.send_signal(signal.SIGINT)

    assert terminal.process.wait() == INTERRUPTED
    wait_until(lambda: "interrupted" in terminal.text)
    assert "\x1b" not in terminal.text and not terminal.lines


def test_a_server_that_restarts_is_found_again(command, serve, root):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as briefly:
        briefly.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{briefly.getsockname()[1]}"
    getting = command.start("get", f"quic://{address}/small.txt", "--insecure")
    time.sleep(2)  # what a restart may take: the port is nobody's meanwhile

    serve(listen=[address])

    assert getting.wait(20) == OK, getting.describe()
    assert (command.folder / "small.txt").read_bytes() == (root / "small.txt").read_bytes()
