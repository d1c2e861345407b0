# SPDX-License-Identifier: MIT
"""Names that try to leave the root, on real links, FIFOs and devices."""
import asyncio
import json
import os
import socket
import stat

import pytest
from client import connect

from harness.requests import code_of, file

SECRET = b"secret"


@pytest.fixture
def tree(tmp_path):
    """A root with everything in it that must not be followed, beside what must be."""
    outside = tmp_path / "outside"
    (outside / "folder").mkdir(parents=True)
    (outside / "secret").write_bytes(SECRET)
    (outside / "folder" / "secret").write_bytes(SECRET)
    # A neighbour whose path begins like the root's.
    (tmp_path / "tree-beside").mkdir()
    (tmp_path / "tree-beside" / "secret").write_bytes(SECRET)

    root = tmp_path / "tree"
    (root / "folder").mkdir(parents=True)
    (root / "plain").write_bytes(b"plain")
    (root / "folder" / "deep").write_bytes(b"deep")

    (root / "link").symlink_to("plain")
    (root / "folder" / "up").symlink_to("../plain")
    (root / "link_to_folder").symlink_to("folder")
    (root / "link_to_link").symlink_to("link")

    (root / "out").symlink_to("../outside/secret")
    (root / "out_folder").symlink_to("../outside/folder")
    (root / "out_by_link").symlink_to("out")
    (root / "out_and_in").symlink_to("../tree/plain")
    (root / "folder" / "out").symlink_to("../../outside/secret")
    (root / "beside").symlink_to("../tree-beside/secret")
    (root / "absolute").symlink_to(outside / "secret")
    (root / "absolute_inside").symlink_to(root / "plain")
    (root / "loop").symlink_to("loop")
    (root / "ping").symlink_to("pong")
    (root / "pong").symlink_to("ping")
    (root / "dangling").symlink_to("nothing")
    (root / "proc").symlink_to("/proc/self/environ")
    os.mkfifo(root / "fifo")
    with socket.socket(socket.AF_UNIX) as door:
        here = os.getcwd()
        os.chdir(root)
        door.bind("socket")
        os.chdir(here)
    return root


@pytest.fixture
def asked(serve, tree, aioquic):
    """The answers to many names, all on one server."""
    return lambda *names: aioquic.ask(serve(root=tree).address, *[file(name) for name in names])


def test_what_is_inside_is_served(asked):
    names = {"plain": b"plain", "folder/deep": b"deep", "link": b"plain", "folder/up": b"plain", "link_to_folder/deep": b"deep",
             "link_to_link": b"plain"}

    for (name, data), answer in zip(names.items(), asked(*names), strict=True):
        assert json.loads(answer).get("data") == list(data), f"{name}: {answer[:200]!r}"


LEAVING = [
    "..", "../outside/secret", "../tree/plain", "folder/../plain", "folder/../../outside/secret", "folder/..", "./plain",
    "folder/./deep", ".", "/", "/etc/passwd", "//etc/passwd", "//plain", "/plain", "folder//deep", "plain/", "folder/",
    "folder/deep/", "", "folder", "plain/x", "..\\outside\\secret", "folder\\deep", "\\plain", "\\\\host\\share\\plain",
    "C:\\plain", "C:/plain", "C:plain", "C:", "c:/folder/deep", "..%2foutside%2fsecret", "%2e%2e/outside/secret",
    "..;/outside/secret", ".../outside/secret", "plain\0", "plain\0.txt", "\0", "folder\0/deep", "~", "~root",
    "file:///etc/passwd", "plain ", " plain", "PLAIN", "plain.", "..../", "․․/outside/secret", "．．/outside/secret", "／etc/passwd",
    "a" * 255, "a" * 256, "a" * 5000, "a/" * 10_000 + "a", "../" * 10_000 + "etc/passwd", "\n", "*", "pl?in", "-",
]

LINKS = [
    "out", "out_folder/secret", "out_by_link", "out_and_in", "folder/out", "beside", "absolute", "absolute_inside", "loop", "ping",
    "dangling", "proc", "link_to_folder/out", "link_to_folder/../plain", "link_to_folder/../../outside/secret", "out_folder",
]


def test_nothing_outside_is_served(asked):
    answers = asked(*LEAVING, *LINKS)

    wrong = [f"{name[:80]!r}: {answer[:200]!r}"
             for name, answer in zip([*LEAVING, *LINKS], answers, strict=True) if code_of(answer) != "FILE_NOT_FOUND"]
    assert not wrong, "\n".join(wrong)
    assert all(SECRET not in answer and b"root:" not in answer for answer in answers)


def test_the_same_for_raw_and_for_ranges(serve, tree, aioquic):
    names = ["../outside/secret", "out", "absolute", "fifo", "/etc/passwd"]

    answers = aioquic.ask(serve(root=tree).address, *[file(name, encoding="raw", offset=0, length=5) for name in names])

    assert {code_of(answer) for answer in answers} == {"FILE_NOT_FOUND"}


def test_a_fifo_blocks_nobody(serve, tree, aioquic):
    """Opening one waits for a writer; so does the whole server, if it opens it carelessly."""
    server = serve("--workers", 1, root=tree)

    answers = aioquic.ask_at_once(server.address, [file("fifo"), file("plain"), file("fifo"), file("socket")])

    assert json.loads(answers[1])["size"] == 5
    assert [code_of(answers[at]) for at in (0, 2, 3)] == ["FILE_NOT_FOUND"] * 3


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes devices")
def test_a_device_is_no_file(serve, tree, aioquic):
    names = {"zero": (stat.S_IFCHR, os.makedev(1, 5)), "null": (stat.S_IFCHR, os.makedev(1, 3)), "disk": (stat.S_IFBLK, os.makedev(7, 0))}
    for name, (kind, device) in names.items():
        os.mknod(tree / name, kind | 0o666, device)

    answers = aioquic.ask(serve(root=tree).address, *[file(name) for name in names])

    assert {code_of(answer) for answer in answers} == {"FILE_NOT_FOUND"}


def test_the_root_itself_may_be_a_link(serve, tree, aioquic, tmp_path):
    (tmp_path / "root_link").symlink_to(tree)

    [answer, out] = aioquic.ask(serve(root=tmp_path / "root_link").address, file("plain"), file("out"))

    assert json.loads(answer)["size"] == 5
    assert code_of(out) == "FILE_NOT_FOUND"


def test_a_folder_swapped_for_a_link_leads_nowhere(serve, tree, tmp_path):
    """The race of checking first and opening later: whatever it hits, never the secret."""
    server = serve(root=tree)
    flip, folder, link = tree / "flip", tree / "flip_folder", tree / "flip_link"
    folder.mkdir()
    (folder / "secret").write_bytes(b"public")
    link.symlink_to("../outside/folder")

    async def swap(stop):
        while not stop.is_set():
            for now in (folder, link):
                now.rename(flip)
                await asyncio.sleep(0)
                flip.rename(now)

    async def run():
        stop = asyncio.Event()
        swapping = asyncio.ensure_future(swap(stop))
        async with connect(server.address) as connection:
            answers = []
            for _ in range(20):
                answers += await asyncio.gather(*(connection.ask(json.dumps(file("flip/secret")).encode()) for _ in range(50)))
        stop.set()
        await swapping
        return answers
    answers = asyncio.run(run())

    leaked = str(list(SECRET))[1:-1].replace(" ", "").encode()
    assert all(leaked not in answer.replace(b" ", b"") for answer in answers)
