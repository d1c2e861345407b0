# SPDX-License-Identifier: MIT
"""What `cmake --install` puts down is all that a program needs, and nothing else."""
import hashlib
import os
import pathlib
import shlex
import subprocess

import pytest

from harness import processes
from harness.requests import HASH

SOURCE = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ["TORQ_BUILD"])
CXX = os.environ["TORQ_CXX"]
# An archive with sanitizers in it can only be linked with them.
SANITIZE = [f"-fsanitize={os.environ['TORQ_SANITIZE']}"] if os.environ.get("TORQ_SANITIZE") else []


def run(*words, **more):
    finished = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False, **more)
    assert finished.returncode == 0, f"{shlex.join(map(str, words))}\n{finished.stdout}\n{finished.stderr}"
    return finished.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """Installed, then moved: nothing of it may know where it was."""
    folder = tmp_path_factory.mktemp("install")
    run("cmake", "--install", BUILD, "--prefix", folder / "first")
    return (folder / "first").rename(folder / "moved here")


@pytest.fixture(scope="module")
def by_cmake(prefix, tmp_path_factory):
    folder = tmp_path_factory.mktemp("by_cmake")
    run("cmake", "-S", SOURCE / "examples", "-B", folder, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_CXX_COMPILER={CXX}", f"-DCMAKE_CXX_FLAGS={' '.join(['-Wall -Wextra -Werror', *SANITIZE])}")
    run("cmake", "--build", folder)
    return folder / "fetch_and_announce"


@pytest.fixture(scope="module")
def by_pkg_config(prefix, tmp_path_factory):
    program = tmp_path_factory.mktemp("by_pkg_config") / "fetch_and_announce"
    [pc] = prefix.rglob("torq-client.pc")
    environment = os.environ | {"PKG_CONFIG_PATH": str(pc.parent)}
    flags = shlex.split(run("pkg-config", "--cflags", "--libs", "torq-client", env=environment))
    run(CXX, *SANITIZE, SOURCE / "examples" / "fetch_and_announce.cpp", "-o", program, *flags)
    return program


@pytest.mark.parametrize("way", ["by_cmake", "by_pkg_config"])
def test_the_example_fetches_and_announces(way, request, serve, root, tmp_path):
    program = request.getfixturevalue(way)
    server = serve()

    finished = processes.run([program, f"{server.url}/small.txt?pin={server.pin}", HASH], tmp_path, processes.environment(tmp_path), 60)

    assert finished.code == 0, finished
    data = (root / "small.txt").read_bytes()
    assert finished.out == f"{len(data)} bytes, 1 seeders\n"
    assert hashlib.sha256((tmp_path / "fetched").read_bytes()).digest() == hashlib.sha256(data).digest()


def test_the_example_says_what_went_wrong(by_cmake, serve, tmp_path):
    server = serve()
    environment = processes.environment(tmp_path)
    for url, why in ((f"{server.url}/absent?pin={server.pin}", "FILE_NOT_FOUND"),
                     (f"{server.url}/small.txt?pin=sha256:{'0' * 64}", server.pin), (f"{server.url}/small.txt", "a pin is"),
                     ("http://localhost/x", "quic://")):
        finished = processes.run([by_cmake, url, HASH], tmp_path, environment, 60)

        assert finished.code == 1, finished
        assert why in finished.err, finished


def test_the_command_runs_from_there(prefix):
    assert run(prefix / "bin" / "torq", "--version").strip()


def test_nothing_else_is_installed(prefix):
    files = [path.relative_to(prefix) for path in prefix.rglob("*") if not path.is_dir()]

    assert not [path for path in files if "test" in path.name]
    assert [str(path) for path in files if path.parts[0] == "bin"] == ["bin/torq"]
    assert [path.name for path in files if path.suffix == ".a"] == ["libtorq-client.a"]
    headers = {path for path in files if path.parts[0] == "include"}
    assert headers and all(path.parts[1] == "torq" and path.suffix == ".hpp" for path in headers)
    told = {path for path in files if path.parts[0] == "share"}
    assert {path.name for path in told if path.parent.name != "man1"} == {"torq", "_torq", "torq.fish"}, "completion"
    pages = {path.name for path in told if path.parent.name == "man1"}
    assert {"torq.1", "torq-get.1"} <= pages and all(name.startswith("torq") and name.endswith(".1") for name in pages)
    others = {path.name for path in files} - {path.name for path in headers | told} - {"torq", "libtorq-client.a", "torq-client.pc"}
    assert all(name.startswith("torq-") and name.endswith(".cmake") for name in others), others


def test_what_is_installed_names_no_folder_of_the_build(prefix):
    for path in [*prefix.rglob("*.cmake"), *prefix.rglob("*.pc"), *prefix.rglob("*.hpp")]:
        text = path.read_text()
        assert str(BUILD) not in text and str(SOURCE) not in text and str(prefix.with_name("first")) not in text, path
