# SPDX-License-Identifier: MIT
"""What the interop and integration tests stand on: real processes, the foreign peers, a NAT, the six test files."""
