# SPDX-License-Identifier: MIT
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "interop"))
from harness.fixtures import *  # noqa: E402, F403 (fixtures are found by their names)
