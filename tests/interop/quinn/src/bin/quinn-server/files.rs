// SPDX-License-Identifier: MIT
//! Files below a root, and a file as the JSON list of its bytes, a piece at a time.
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;

use crate::requests::{Refusal, MAX_JSON_FILE_BYTES};

pub struct Root {
    path: PathBuf,
}

impl Root {
    pub fn open(path: &Path) -> Result<Self, String> {
        let path = path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path })
    }

    /// The regular file of that name, if every step to it stays below the root.
    pub fn find(&self, name: &str, raw: bool) -> Result<ServedFile, Refusal> {
        let plain = !name.is_empty()
            && !name.contains(['\0', '\\'])
            && Path::new(name).components().all(|step| matches!(step, Component::Normal(_)));
        if !plain {
            return Err(Refusal::file_not_found());
        }
        let path = self.path.join(name).canonicalize().map_err(|_| Refusal::file_not_found())?;
        let regular = path.metadata().is_ok_and(|found| found.is_file());
        if !path.starts_with(&self.path) || !regular {
            return Err(Refusal::file_not_found());
        }
        let unreadable = |_| Refusal::new("FILE_READ_ERROR", "the file cannot be read");
        let file = File::open(&path).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        if !raw && size > MAX_JSON_FILE_BYTES {
            return Err(Refusal::new("FILE_TOO_LARGE", "the file is too large for a list of numbers"));
        }
        Ok(ServedFile { file, name: name.to_owned(), size, raw, sent: 0, ended: false })
    }
}

// Becomes at most four times as much text: small enough for a slow reader's share, large enough to be cheap.
const PIECE_BYTES: usize = 64 * 1024;

/// `{"data":[…],"filename":…,"size":…}`, produced in pieces. `size` is what was sent, so a file that grows cannot make it wrong.
/// Raw, it is a line that says what comes, and then that many bytes.
pub struct ServedFile {
    file: File,
    name: String,
    size: u64,
    raw: bool,
    sent: u64,
    ended: bool,
}

impl ServedFile {
    /// Blocks on the disk. An empty piece is the end.
    pub fn next_piece(&mut self) -> std::io::Result<Bytes> {
        if self.ended {
            return Ok(Bytes::new());
        }
        if self.raw {
            return self.next_raw_piece();
        }
        let mut raw = vec![0; PIECE_BYTES];
        let count = read_full(&mut self.file, &mut raw)?;
        let mut text = Vec::with_capacity(9 + 4 * count + 64 + self.name.len());
        if self.sent == 0 {
            text.extend_from_slice(b"{\"data\":[");
        }
        append_numbers(&raw[..count], self.sent == 0, &mut text);
        self.sent += count as u64;
        if count < PIECE_BYTES {
            self.ended = true;
            let name = serde_json::to_string(&self.name).expect("text");
            text.extend_from_slice(format!("],\"filename\":{name},\"size\":{}}}", self.sent).as_bytes());
        }
        Ok(Bytes::from(text))
    }

    fn next_raw_piece(&mut self) -> std::io::Result<Bytes> {
        let mut piece = Vec::with_capacity(PIECE_BYTES + 128 + self.name.len());
        if self.sent == 0 {
            let name = serde_json::to_string(&self.name).expect("text");
            let size = self.size;
            piece.extend_from_slice(format!("{{\"filename\":{name},\"size\":{size},\"offset\":0,\"length\":{size}}}\n").as_bytes());
        }
        let start = piece.len();
        let wanted = usize::try_from(self.size - self.sent).map_or(PIECE_BYTES, |left| left.min(PIECE_BYTES));
        piece.resize(start + wanted, 0);
        self.file.read_exact(&mut piece[start..])?;
        self.sent += wanted as u64;
        self.ended = self.sent == self.size;
        Ok(Bytes::from(piece))
    }
}

fn read_full(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

/// `,` and the decimal digits of each byte, padded to four, with the length that counts.
const NUMBERS: [([u8; 4], u8); 256] = numbers();

const fn numbers() -> [([u8; 4], u8); 256] {
    let mut table = [([b','; 4], 0); 256];
    let mut value = 0;
    while value < 256 {
        let digits = if value < 10 {
            1
        } else if value < 100 {
            2
        } else {
            3
        };
        let (mut rest, mut at) = (value, digits);
        while at > 0 {
            table[value].0[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            at -= 1;
        }
        table[value].1 = digits as u8 + 1;
        value += 1;
    }
    table
}

fn append_numbers(raw: &[u8], first: bool, text: &mut Vec<u8>) {
    let start = text.len();
    text.resize(start + 4 * raw.len(), 0);
    let mut at = start;
    for byte in raw {
        let (digits, length) = NUMBERS[usize::from(*byte)];
        text[at..at + 4].copy_from_slice(&digits);
        at += usize::from(length);
    }
    text.truncate(at);
    if first && !raw.is_empty() {
        text.remove(start);
    }
}
