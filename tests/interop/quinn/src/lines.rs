// SPDX-License-Identifier: MIT
//! One JSON object per line on standard output: what the tests read. Bytes in it are hex, large ones their digest.
use std::fmt::Write as _;
use std::io::Write as _;

use rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;

pub fn emit(line: &serde_json::Value) {
    let mut out = std::io::stdout().lock();
    // A reader that went away is no reason to fail: the exit code still tells.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub fn from_hex(text: &str) -> Result<Vec<u8>, String> {
    if !text.is_ascii() || text.len() % 2 != 0 {
        return Err("hex needs an even number of hex digits".into());
    }
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|error| error.to_string())).collect()
}

pub fn sha256(bytes: &[u8]) -> String {
    // rustls brings the hash along; a crate of its own for two calls would be one more to pin.
    let suite = TLS13_AES_128_GCM_SHA256.tls13().expect("a TLS 1.3 suite");
    hex(suite.common.hash_provider.hash(bytes).as_ref())
}
