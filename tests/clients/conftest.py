# SPDX-License-Identifier: MIT
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "interop"))
from harness import certificates, torq  # noqa: E402
from harness.fixtures import *  # noqa: E402, F403 (fixtures are found by their names)
from network import NAMES, Network, Unavailable  # noqa: E402


@pytest.fixture(scope="session")
def network():
    try:
        made = Network(f"torq{os.getpid()}")
    except (Unavailable, OSError, subprocess.CalledProcessError) as refused:
        pytest.skip(f"this machine makes no network namespaces: {refused}")
    yield made
    made.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return certificates.Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def tracker(network, authority, root, tmp_path_factory):
    """torq with every door on port 7001, in a namespace of its own."""
    folder = tmp_path_factory.mktemp("tracker")
    issued = authority.issue("tracker", names=tuple(NAMES.values()))
    started = torq.Server(folder, root, *issued.options, listen=(), before=network.inside("tracker"))
    yield started
    started.finish()
