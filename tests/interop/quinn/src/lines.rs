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

// rustls brings the hash along; a crate of its own would be one more to pin.
pub struct Sha256(Box<dyn rustls::crypto::hash::Context>);

impl Sha256 {
    pub fn start() -> Self {
        Self(TLS13_AES_128_GCM_SHA256.tls13().expect("a TLS 1.3 suite").common.hash_provider.start())
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> String {
        hex(self.0.finish().as_ref())
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    let mut digest = Sha256::start();
    digest.update(bytes);
    digest.finish()
}
