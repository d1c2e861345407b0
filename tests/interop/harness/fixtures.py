# SPDX-License-Identifier: MIT
"""The fixtures of all tests here, imported by the conftest.py of each folder."""
import pytest

from harness import peers, seed


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
