# SPDX-License-Identifier: MIT
"""The fixtures of all tests here, imported by the conftest.py of each folder."""
import pytest

from harness import peers, seed, torq


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    """A folder with the six files. Tests share it and leave it alone."""
    folder = tmp_path_factory.mktemp("seed") / "seed"
    seed.make(folder)
    return folder


@pytest.fixture(params=sorted(peers.CLIENTS))
def client(request, tmp_path):
    """Each of the foreign clients."""
    return peers.CLIENTS[request.param](tmp_path)


@pytest.fixture
def aioquic(tmp_path):
    return peers.AioquicClient(tmp_path)


@pytest.fixture
def quinn(tmp_path):
    return peers.QuinnClient(tmp_path)


@pytest.fixture(params=sorted(peers.SERVERS))
def foreign_server(request, tmp_path, root):
    """Each of the foreign servers, on the six files."""
    server = peers.SERVERS[request.param](tmp_path, root)
    yield server
    code = server.stop()
    print(server.process.describe())
    assert code == 0


@pytest.fixture
def serve(tmp_path, root):
    """Starts torq servers: serve("--workers", 2, listen=["[::1]:0"]). Each must end well."""
    started = []

    def start(*options, root=root, **more):
        folder = tmp_path / f"server{len(started)}"
        folder.mkdir()
        started.append(torq.Server(folder, root, *options, **more))
        return started[-1]

    yield start
    for server in started:
        server.finish()


@pytest.fixture
def server(serve):
    """One torq server on the six files."""
    return serve()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory, root):
    """One torq server for all tests of a file, which must not care what others asked of it."""
    started = torq.Server(tmp_path_factory.mktemp("shared"), root)
    yield started
    started.finish()


@pytest.fixture
def command(tmp_path):
    """Runs a verb of torq: command("get", url)."""
    folder = tmp_path / "command"
    folder.mkdir()
    return torq.Command(folder)


@pytest.fixture
def scripted(tmp_path):
    """Starts a server that answers as told: scripted([{"contains": "file", "answer": "{"}])."""
    started = []

    def start(rules, *options):
        folder = tmp_path / f"scripted{len(started)}"
        folder.mkdir()
        started.append(peers.start_scripted_server(folder, rules, *options))
        return started[-1]

    yield start
    for server in started:
        server.stop()
        print(server.process.describe())
