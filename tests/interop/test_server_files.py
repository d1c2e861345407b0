# SPDX-License-Identifier: MIT
"""Foreign clients fetch files from torq, as the JSON list of numbers."""
import json
import os
import pathlib
import shutil

import pytest

from harness import seed
from harness.requests import code_of, file


@pytest.mark.parametrize("name", seed.SIZES)
def test_every_file_arrives(shared_server, client, root, name):
    [answer] = client.ask(shared_server.address, file(name))

    parsed = json.loads(answer)
    assert list(parsed) == ["data", "filename", "size"]
    assert bytes(parsed["data"]) == (root / name).read_bytes()
    assert (parsed["filename"], parsed["size"]) == (name, seed.SIZES[name])


@pytest.mark.parametrize("name", [
    "folder/inside.txt", "folder/deeper/still.txt", "sp ace.txt", "größe.txt", "100%.txt", "%41.txt", "-rf", "ab:c",
])
def test_names_below_the_root_are_served(serve, client, tmp_path, name):
    tree = tmp_path / "tree"
    (tree / name).parent.mkdir(parents=True)
    (tree / name).write_bytes(b"found")

    [answer] = client.ask(serve(root=tree).address, file(name))

    assert json.loads(answer) == {"data": list(b"found"), "filename": name, "size": 5}


def test_an_empty_file_is_an_empty_list(serve, client, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "empty").touch()

    [answer] = client.ask(serve(root=tree).address, file("empty"))

    assert json.loads(answer) == {"data": [], "filename": "empty", "size": 0}


def test_a_name_may_be_written_with_escapes(shared_server, aioquic):
    [answer] = aioquic.ask(shared_server.address, rb' {"f\u0069le" : "small\u002etxt"} ')

    assert json.loads(answer)["filename"] == "small.txt"


def test_what_the_name_is_not_is_not_found(shared_server, aioquic):
    """Byte for byte: no case folding, no percent-decoding."""
    for name in ["SMALL.TXT", "small%2etxt", "small.txt ", "small"]:
        assert code_of(aioquic.ask(shared_server.address, file(name))[0]) == "FILE_NOT_FOUND", name


@pytest.mark.skipif(not shutil.which("setpriv"), reason="needs util-linux")
def test_a_file_that_cannot_be_read_says_so(serve, client, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "shut").write_bytes(b"x")
    (tree / "shut").chmod(0)
    # Root reads everything unless it gives that up.
    before = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []

    [answer] = client.ask(serve(root=tree, before=before).address, file("shut"))

    assert code_of(answer) == "FILE_READ_ERROR"
    assert str(tmp_path) not in answer.decode()


def test_a_file_too_large_for_a_list_says_so(serve, client, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    with open(tree / "huge", "wb") as huge:
        huge.truncate((64 << 20) + 1)

    [answer] = client.ask(serve(root=tree).address, file("huge"))

    assert code_of(answer) == "FILE_TOO_LARGE"


def test_a_file_that_comes_later_is_served(serve, aioquic, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    server = serve(root=tree)
    assert code_of(aioquic.ask(server.address, file("late"))[0]) == "FILE_NOT_FOUND"

    (tree / "late").write_bytes(b"now")

    assert json.loads(aioquic.ask(server.address, file("late"))[0])["size"] == 3


def test_errors_name_no_path_of_the_server(shared_server, aioquic, root):
    [answer] = aioquic.ask(shared_server.address, file("absent/../../etc/passwd"))

    assert str(pathlib.Path(root)) not in answer.decode() and "/etc" not in answer.decode()
