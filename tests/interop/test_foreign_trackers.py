# SPDX-License-Identifier: MIT
"""torq announce and torq scrape at trackers that others wrote: opentracker (Debian's package), npm's bittorrent-tracker, and one over
HTTP/3 on aioquic."""
import os
import pathlib
import shutil
import socket
import subprocess
import time

import pytest

from harness import peers, torq

OK, OTHER = 0, 1
HERE = pathlib.Path(__file__).parent
BUILD = HERE.parents[1] / "build"
LISTED, UNLISTED = "c0ffee" + "11" * 17, "00" * 20
SCHEMES = ["udp", "http"]


def free_port():
    """These trackers cannot be told to pick one."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(tcp.getsockname())
        return tcp.getsockname()[1]


def await_listener(process, port):
    for _ in range(300):
        assert process.poll() is None, process.stderr.read() if process.stderr else "the tracker has ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the tracker does not listen")


def run(argv, folder, port, **environment):
    process = subprocess.Popen([str(word) for word in argv], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, **environment})
    try:
        await_listener(process, port)
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def opentracker(tmp_path_factory):
    program = BUILD / "opentracker" / "usr" / "bin" / "opentracker"
    if not program.exists():
        pytest.skip("there is no opentracker: scripts/setup --test gets it")
    folder = tmp_path_factory.mktemp("opentracker")
    folder.chmod(0o755)
    (folder / "list").write_text(LISTED + "\n")
    port = free_port()
    # As root it makes the folder its root, and names files from there.
    yield from run([program, "-i", "127.0.0.1", "-p", port, "-P", port, "-d", folder, "-w", "list"], folder, port,
                   LD_LIBRARY_PATH=":".join(map(str, (BUILD / "opentracker").glob("**/lib/**/"))))


@pytest.fixture(scope="module")
def npm_tracker(tmp_path_factory):
    if not shutil.which("npm"):
        pytest.skip("there is no npm: apt-get install npm")
    folder = BUILD / "npm"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules" / ".package-lock.json").exists():
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "npm" / name, folder)
        # Without scripts: what they would build is for browsers' peers.
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=300)
    shutil.copy(HERE / "npm" / "tracker.mjs", folder)
    port = free_port()
    yield from run(["node", "tracker.mjs", port], folder, port)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    return torq.Command(tmp_path_factory.mktemp("command"))


def check_announce_and_scrape(told, url, hash, *trust):
    def announce(port, *words):
        finished = told("announce", url, hash, "--port", port, "--json", *words, *trust)
        assert finished.code == OK and not finished.err, finished
        return finished.objects[0]

    seeder = announce(6001, "--left", 0, "--event", "started")
    leecher = announce(6002, "--left", 5, "--event", "started", "--numwant", 10)
    scraped = told("scrape", url, hash, "--json", *trust)
    gone = announce(6001, "--left", 0, "--event", "stopped")

    assert (seeder["complete"], seeder["incomplete"]) == (1, 0) and seeder["interval"] > 0
    assert (leecher["complete"], leecher["incomplete"]) == (1, 1)
    assert {"ip": "127.0.0.1", "port": 6001} in leecher["peers"]
    assert scraped.code == OK and (scraped.objects[0]["complete"], scraped.objects[0]["incomplete"]) == (1, 1), scraped
    assert (gone["complete"], gone["incomplete"]) == (0, 1)
    announce(6002, "--left", 1, "--event", "stopped")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_opentracker(told, opentracker, scheme):
    url = f"{scheme}://127.0.0.1:{opentracker}/announce"

    check_announce_and_scrape(told, url, LISTED)
    refused = told("announce", url, UNLISTED, "--port", 6001)

    assert refused.code == OTHER and ("the answer is cut" if scheme == "udp" else "not authorized") in refused.err, refused


@pytest.mark.long
@pytest.mark.parametrize("scheme", SCHEMES)
def test_npms_tracker(told, npm_tracker, scheme):
    """The bytes of its answers are not text to it: a hash that is none stays one."""
    check_announce_and_scrape(told, f"{scheme}://127.0.0.1:{npm_tracker}/announce", b"twenty bytes of text".hex())


def test_aioquics_http3(told, tmp_path):
    server = peers.start_aioquic_tracker(tmp_path)
    url = server.url.replace("quic:", "h3:")
    try:
        check_announce_and_scrape(told, url + "/announce", UNLISTED, "--pin", server.pin)
        refused = told("announce", url + "/elsewhere", UNLISTED, "--port", 6001, "--pin", server.pin)
        several = told("scrape", url + "/announce", UNLISTED, LISTED, "--json", "--pin", server.pin)
    finally:
        assert server.stop() == 0

    assert refused.code == OTHER and "nothing at this path" in refused.err, refused
    assert [row["info_hash"] for row in several.objects] == [UNLISTED, LISTED], several
