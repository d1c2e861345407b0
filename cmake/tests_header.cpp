// SPDX-License-Identifier: MIT
// CMake precompiles headers for a target, and a target has a source: this is it.
