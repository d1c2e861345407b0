// SPDX-License-Identifier: MIT
//! What the two foreign programs share: their command line, their certificates, their JSON lines.
pub mod arguments;
pub mod credentials;
pub mod lines;
