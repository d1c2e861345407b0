# SPDX-License-Identifier: MIT
from harness.fixtures import *  # noqa: F403 (fixtures are found by their names)
