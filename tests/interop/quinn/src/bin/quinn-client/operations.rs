// SPDX-License-Identifier: MIT
//! What the client can be told to do on its connection. As JSON lines, for example:
//! `{"op":"ask","data":"{\"file\":\"a\"}","chunk":1}`, `{"op":"rebind","address":"127.0.0.2"}`, `{"op":"await_close","wait_ms":5000}`.
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quinn::{Connection, Endpoint, ReadError, RecvStream, SendStream, VarInt, WriteError};
use serde::Deserialize;
use serde_json::{json, Value};
use torq_quinn_peers::lines::{emit, from_hex, hex, sha256, Sha256};

use crate::connect::{describe, Target};

#[derive(Clone, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// One request, one answer.
    Ask(Ask),
    /// All at once, each on its stream; the answers are printed in the order of the requests, and saved in `save`.0, .1 and so on.
    Many {
        requests: Vec<String>,
        #[serde(default)]
        drain: bool,
        #[serde(default)]
        save: Option<String>,
    },
    /// Sends `data` without end and keeps the stream. Prints `held`.
    Hold {
        data: String,
    },
    /// Sends `data` whole and never reads the answer. Prints `held`.
    Deaf {
        data: String,
    },
    /// `count` streams one after the other: `data` and RESET_STREAM (and STOP_SENDING), or `data`, its end and STOP_SENDING.
    Abandon {
        data: String,
        how: Way,
        count: usize,
    },
    /// Goes on from another port, and from another address if one is given.
    Rebind {
        address: Option<IpAddr>,
    },
    KeyUpdate,
    AwaitClose {
        wait_ms: u64,
    },
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Reset,
    Stop,
}

#[derive(Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ask {
    pub data: Option<String>,
    pub hex: Option<String>,
    /// Sends pieces of that many bytes, each in a packet of its own.
    pub chunk: Option<usize>,
    pub finish: bool,
    /// The answer is a file as a JSON list: print its bytes' number and digest, not its text.
    pub list: bool,
    pub save: Option<PathBuf>,
    /// Keeps nothing of the answer but its length and digest: for many large ones at once.
    pub drain: bool,
    pub wait_ms: u64,
}

impl Default for Ask {
    fn default() -> Self {
        Self { data: None, hex: None, chunk: None, finish: true, list: false, save: None, drain: false, wait_ms: 120_000 }
    }
}

impl Ask {
    fn bytes(&self) -> Result<Vec<u8>, String> {
        match (&self.data, &self.hex) {
            (Some(text), None) => Ok(text.clone().into_bytes()),
            (None, Some(text)) => from_hex(text),
            _ => Err("either data or hex".into()),
        }
    }
}

// Printed as text up to here; larger answers by digest alone, or saved.
const MAX_PRINTED_BYTES: usize = 256 * 1024;
const NO_ERROR: VarInt = VarInt::from_u32(0);

pub struct Session {
    endpoint: Endpoint,
    connection: Connection,
    held: Vec<(SendStream, RecvStream)>,
}

impl Session {
    /// Prints `connected`, or `closed` with who refused and why.
    pub async fn open(target: Target) -> Option<Self> {
        let started = Instant::now();
        let (endpoint, verifier) = target.endpoint().map_err(|error| eprintln!("quinn-client: {error}")).ok()?;
        let connecting = endpoint.connect(target.to, &target.name).map_err(|error| eprintln!("quinn-client: {error}")).ok()?;
        match connecting.await {
            Ok(connection) => {
                let data = connection.handshake_data().and_then(|data| data.downcast::<quinn::crypto::rustls::HandshakeData>().ok());
                let alpn = data.and_then(|data| data.protocol).map(|token| String::from_utf8_lossy(&token).into_owned());
                emit(&json!({"event": "connected", "alpn": alpn, "pin": verifier.seen(), "seconds": seconds(started)}));
                Some(Self { endpoint, connection, held: Vec::new() })
            }
            Err(error) => {
                let mut line = describe(&error);
                line["event"] = "closed".into();
                line["pin"] = verifier.seen().into();
                line["seconds"] = seconds(started);
                emit(&line);
                // Draining after the peer's close takes seconds and says nothing to anyone; ours must leave first.
                if line["by"] != "peer" {
                    endpoint.wait_idle().await;
                }
                None
            }
        }
    }

    /// True when it went as it should.
    pub async fn perform(&mut self, operation: Operation) -> bool {
        match operation {
            Operation::Ask(ask) => report(0, &ask, exchange(&self.connection, &ask).await),
            Operation::Many { requests, drain, save } => self.many(requests, drain, save.as_deref()).await,
            Operation::Hold { data } => self.hold(&data, false).await,
            Operation::Deaf { data } => self.hold(&data, true).await,
            Operation::Abandon { data, how, count } => self.abandon(&data, how, count).await,
            Operation::Rebind { address } => self.rebind(address),
            Operation::KeyUpdate => {
                self.connection.force_key_update();
                true
            }
            Operation::AwaitClose { wait_ms } => self.await_close(wait_ms).await,
        }
    }

    pub async fn close(self) {
        self.connection.close(NO_ERROR, b"done");
        self.endpoint.wait_idle().await;
    }

    async fn many(&self, requests: Vec<String>, drain: bool, save: Option<&str>) -> bool {
        let file = |number| save.map(|prefix| format!("{prefix}.{number}").into());
        let ask = |(number, data)| Ask { data: Some(data), drain, save: file(number), ..Ask::default() };
        let asks: Vec<_> = requests.into_iter().enumerate().map(|numbered| Arc::new(ask(numbered))).collect();
        let tasks: Vec<_> = asks
            .iter()
            .map(|ask| {
                let (connection, ask) = (self.connection.clone(), Arc::clone(ask));
                tokio::spawn(async move { exchange(&connection, &ask).await })
            })
            .collect();
        let mut well = true;
        for (number, (task, ask)) in tasks.into_iter().zip(&asks).enumerate() {
            well &= report(number, ask, task.await.unwrap_or_else(|error| Err(json!({"reason": error.to_string()}))));
        }
        well
    }

    async fn hold(&mut self, data: &str, finish: bool) -> bool {
        let Ok((mut send, receive)) = self.connection.open_bi().await else { return self.lost() };
        let mut well = send.write_all(data.as_bytes()).await.is_ok();
        if finish {
            well &= send.finish().is_ok();
        }
        // Dropped streams would be ended and refused by quinn.
        self.held.push((send, receive));
        emit(&json!({"event": "held", "ok": well}));
        well
    }

    async fn abandon(&self, data: &str, how: Way, count: usize) -> bool {
        for _ in 0..count {
            let Ok((mut send, mut receive)) = self.connection.open_bi().await else { return self.lost() };
            if send.write_all(data.as_bytes()).await.is_err() {
                return self.lost();
            }
            let ended = match how {
                Way::Reset => send.reset(NO_ERROR),
                Way::Stop => send.finish(),
            };
            let _ = ended.and(receive.stop(NO_ERROR));
        }
        emit(&json!({"event": "abandoned", "count": count}));
        true
    }

    fn rebind(&self, address: Option<IpAddr>) -> bool {
        let Ok(local) = self.endpoint.local_addr() else { return false };
        let rebound = UdpSocket::bind(SocketAddr::new(address.unwrap_or(local.ip()), 0)).and_then(|socket| self.endpoint.rebind(socket));
        let now = self.endpoint.local_addr().ok();
        emit(&json!({"event": "rebound", "ok": rebound.is_ok(), "was": local, "is": now}));
        rebound.is_ok()
    }

    async fn await_close(&self, wait_ms: u64) -> bool {
        let started = Instant::now();
        let waited = tokio::time::timeout(Duration::from_millis(wait_ms), self.connection.closed()).await;
        let Ok(error) = waited else {
            emit(&json!({"event": "still_open"}));
            return false;
        };
        let mut line = describe(&error);
        line["event"] = "closed".into();
        line["seconds"] = seconds(started);
        emit(&line);
        true
    }

    fn lost(&self) -> bool {
        let mut line = self.connection.close_reason().map_or_else(|| json!({}), |error| describe(&error));
        line["event"] = "closed".into();
        emit(&line);
        false
    }
}

struct Answer {
    bytes: Vec<u8>,
    drained: Option<Drained>,
    seconds: Value,
    /// The code of the server's STOP_SENDING, if it sent one.
    stopped: Option<u64>,
}

/// Reads while it writes: a server may answer before it has the whole request.
async fn exchange(connection: &Connection, ask: &Ask) -> Result<Answer, Value> {
    let started = Instant::now();
    let request = ask.bytes().map_err(|error| json!({"reason": error}))?;
    let (mut send, mut receive) = connection.open_bi().await.map_err(|error| describe(&error))?;
    let both = async { tokio::join!(write(&mut send, &request, ask), read(&mut receive, ask.drain)) };
    let waited = tokio::time::timeout(Duration::from_millis(ask.wait_ms), both).await;
    let (stopped, read) = waited.map_err(|_| json!({"reason": "no answer in time", "layer": "stream"}))?;
    let (bytes, drained) = read.map_err(|error| match error {
        ReadError::Reset(code) => json!({"reason": "reset", "layer": "stream", "code": code.into_inner()}),
        ReadError::ConnectionLost(error) => describe(&error),
        other => json!({"reason": other.to_string(), "layer": "stream"}),
    })?;
    Ok(Answer { bytes, drained, seconds: seconds(started), stopped })
}

struct Drained {
    bytes: usize,
    sha256: String,
}

async fn read(receive: &mut RecvStream, drain: bool) -> Result<(Vec<u8>, Option<Drained>), ReadError> {
    let mut kept = Vec::new();
    let mut digest = Sha256::start();
    let mut count = 0;
    while let Some(chunk) = receive.read_chunk(usize::MAX, true).await? {
        count += chunk.bytes.len();
        if drain {
            digest.update(&chunk.bytes);
        } else {
            kept.extend_from_slice(&chunk.bytes);
        }
    }
    Ok((kept, drain.then(|| Drained { bytes: count, sha256: digest.finish() })))
}

async fn write(send: &mut SendStream, request: &[u8], ask: &Ask) -> Option<u64> {
    for piece in request.chunks(ask.chunk.unwrap_or(request.len().max(1))) {
        match send.write_all(piece).await {
            Ok(()) => {}
            Err(WriteError::Stopped(code)) => return Some(code.into_inner()),
            Err(_) => return None,
        }
        if ask.chunk.is_some() {
            // Lets the connection's task send this piece before the next one joins it.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    if ask.finish {
        let _ = send.finish();
    }
    None
}

fn report(number: usize, ask: &Ask, outcome: Result<Answer, Value>) -> bool {
    let mut line = match &outcome {
        Ok(answer) => answer_line(ask, answer),
        Err(failure) => {
            let mut line = failure.clone();
            line["event"] = "no_answer".into();
            line
        }
    };
    line["n"] = number.into();
    emit(&line);
    outcome.is_ok()
}

fn answer_line(ask: &Ask, answer: &Answer) -> Value {
    if let Some(drained) = &answer.drained {
        return json!({"event": "answer", "answer_bytes": drained.bytes, "sha256": drained.sha256, "seconds": answer.seconds});
    }
    let mut line = json!({"event": "answer", "answer_bytes": answer.bytes.len(), "seconds": answer.seconds});
    if let Some(code) = answer.stopped {
        line["stopped"] = code.into();
    }
    let listed = if ask.list { serde_json::from_slice::<ListedFile>(&answer.bytes).ok() } else { None };
    let content = match &listed {
        Some(file) => {
            line["filename"] = file.filename.clone().into();
            line["size"] = file.size.into();
            &file.data
        }
        None => &answer.bytes,
    };
    line["bytes"] = content.len().into();
    line["sha256"] = sha256(content).into();
    if listed.is_none() && content.len() <= MAX_PRINTED_BYTES {
        match std::str::from_utf8(content) {
            Ok(text) => line["text"] = text.into(),
            Err(_) => line["hex"] = hex(content).into(),
        }
    }
    if let Some(error) = ask.save.as_ref().and_then(|path| std::fs::write(path, content).err()) {
        line["save"] = error.to_string().into();
    }
    line
}

#[derive(Deserialize)]
struct ListedFile {
    data: Vec<u8>,
    filename: String,
    size: u64,
}

fn seconds(since: Instant) -> Value {
    since.elapsed().as_secs_f64().into()
}
