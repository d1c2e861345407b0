# SPDX-License-Identifier: MIT
"""HTTP/3 as libcurl, quic-go and Chromium speak it: announce, scrape, files and ranges. aioquic's is in tests/interop."""
import base64
import hashlib
import json
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys

import pytest

from harness import bencode, certificates, torq

HERE = pathlib.Path(__file__).parent
BUILD = HERE.parents[1] / "build"
HASH = "http3-of-other-hands"
NO_HTTP3 = 3

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def site(tmp_path_factory, root):
    """(torq on loopback, the file of the CA that signed it)"""
    folder = tmp_path_factory.mktemp("site")
    authority = certificates.Authority(folder)
    issued = authority.issue("site")
    server = torq.Server(folder, root, *issued.options, listen=("127.0.0.1:0",))
    yield server, authority.file, issued
    server.finish()


def ask_by_curl(ca, wanted, folder):
    libraries = [*BUILD.glob("curl/usr/lib/*/libcurl-gnutls.so.4"), "libcurl-gnutls.so.4"]
    done = subprocess.run([sys.executable, HERE / "curl.py", libraries[0], ca, *wanted], capture_output=True, text=True, check=False)
    if done.returncode == NO_HTTP3 or "cannot open shared object" in done.stderr:
        pytest.skip(f"there is no libcurl with HTTP/3 here: {done.stderr.strip().splitlines()[-1]}")
    return done


def ask_by_quic_go(ca, wanted, folder):
    go = next(BUILD.glob("go/usr/lib/go-*/bin/go"), None) or shutil.which("go")
    if not go:
        pytest.skip("there is no Go here: scripts/setup --clients")
    built = subprocess.run([go, "build", "-o", folder / "asks", "."], cwd=HERE / "quicgo", capture_output=True, text=True, check=False)
    if built.returncode and re.search("requires go|unknown directive|invalid go version|dial tcp|i/o timeout", built.stderr):
        pytest.skip(f"quic-go cannot be had here: {built.stderr.strip().splitlines()[-1]}")
    assert built.returncode == 0, built.stderr
    return subprocess.run([folder / "asks", ca, *wanted], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("ask", [ask_by_curl, ask_by_quic_go])
def test_http3_of_other_hands(ask, site, root, tmp_path):
    server, ca, _ = site
    base = f"https://127.0.0.1:{server.address[1]}"
    peer = f"{base}/announce?info_hash={HASH}&peer_id=-TQ0001-abcdefghijkl&left="
    name = ask.__name__[-2:] + "0" * 18
    peer = peer.replace(HASH, name)

    done = ask(ca, [peer + "0&port=6001", peer + "1&port=6002", f"{base}/scrape?info_hash={name}", f"{base}/files/medium.bin",
                    f"bytes=1000-300000 {base}/files/medium.bin", f"{base}/files/none"], tmp_path)

    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert {answer["protocol"] for answer in answers} == {"HTTP/3.0"}
    assert [answer["status"] for answer in answers] == [200, 200, 200, 200, 206, 404]
    _, announced, scraped = (bencode.decode(base64.b64decode(answer["begin"])) for answer in answers[:3])
    assert announced[b"peers"] == socket.inet_aton("127.0.0.1") + struct.pack("!H", 6001)
    assert scraped[b"files"][name.encode()][b"complete"] == 1
    data = (root / "medium.bin").read_bytes()
    assert answers[3]["sha256"] == hashlib.sha256(data).hexdigest()
    assert answers[4]["sha256"] == hashlib.sha256(data[1000:300001]).hexdigest()
    assert answers[4]["range"] == "bytes 1000-300000/500000"


def test_chromium_loads_the_folder_over_http3(site, tmp_path):
    if not shutil.which("chromium"):
        pytest.skip("there is no chromium here: scripts/setup --clients")
    server, _, issued = site
    address = f"localhost:{server.address[1]}"
    key = base64.b64encode(bytes.fromhex(issued.pin.removeprefix("sha256:"))).decode()
    log = tmp_path / "net.json"

    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={log}",
         f"--origin-to-force-quic-on={address}", f"--ignore-certificate-errors-spki-list={key}", "--host-resolver-rules=MAP localhost 127.0.0.1",
         "--no-proxy-server", "--timeout=20000", "--dump-dom", f"https://{address}/files/"],
        capture_output=True, text=True, timeout=120, check=False)

    assert "medium.bin" in done.stdout, done.stdout + done.stderr[-3000:]
    text = log.read_text()
    types = json.loads(text if text.rstrip().endswith("}") else text.rstrip().rstrip(",") + "]}")
    names = {number: name for name, number in types["constants"]["logEventTypes"].items()}
    seen = {names[event["type"]] for event in types["events"]}
    assert any(name.startswith("HTTP3_") for name in seen), sorted(seen)
