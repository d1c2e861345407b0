// SPDX-License-Identifier: MIT
//! Requests and answers as JSON, after the document.
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

use crate::store::{Answer, Asker, InfoHash, Role};

pub const MAX_REQUEST_BYTES: usize = 64 * 1024;
pub const MAX_JSON_FILE_BYTES: u64 = 64 << 20;
const DEFAULT_NUMWANT: i64 = 50;
const MAX_NUMWANT: i64 = 200;

#[derive(Serialize)]
pub struct Refusal {
    #[serde(rename = "error")]
    text: Cow<'static, str>,
    code: &'static str,
}

impl Refusal {
    pub fn new(code: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), code }
    }

    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("two texts")
    }

    pub fn file_not_found() -> Self {
        Self::new("FILE_NOT_FOUND", "no such file")
    }

    fn invalid(member: &str) -> Self {
        Self::new("INVALID_REQUEST", format!("{member}: missing, of the wrong type or out of range"))
    }

    fn unknown() -> Self {
        Self::new("UNKNOWN_REQUEST", "unknown request type")
    }
}

pub enum Request<'a> {
    Announce(InfoHash, Asker),
    /// The name, and whether the bytes are wanted as they are: what torq calls `file_raw`, for measurements beside it.
    File(Cow<'a, str>, bool),
    Capabilities(Vec<String>),
}

// The newtype is what makes serde borrow inside an Option.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Every member that this server knows. `null` and absent are the same, unknown ones are skipped without being built.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    info_hash: Option<Text<'a>>,
    #[serde(borrow)]
    peer_id: Option<Text<'a>>,
    port: Option<u16>,
    #[serde(rename = "uploaded")]
    _uploaded: Option<u64>,
    #[serde(rename = "downloaded")]
    _downloaded: Option<u64>,
    left: Option<u64>,
    #[serde(borrow)]
    event: Option<Text<'a>>,
    ip: Option<IpAddr>,
    numwant: Option<i64>,
    #[serde(borrow)]
    file: Option<Text<'a>>,
    #[serde(borrow)]
    encoding: Option<Text<'a>>,
    capabilities: Option<IgnoredAny>,
}

pub fn parse(bytes: &[u8], source: IpAddr) -> Result<Request<'_>, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::new("INVALID_ENCODING", "not UTF-8"))?;
    // serde would take a list for the members in order.
    if !text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{') {
        return Err(explain(text));
    }
    let members: Members = serde_json::from_str(text).map_err(|_| explain(text))?;
    if members.info_hash.is_some() && members.peer_id.is_some() {
        return announce(&members, source);
    }
    if let Some(Text(name)) = members.file {
        return Ok(Request::File(name, members.encoding.is_some_and(|encoding| encoding.0 == "raw")));
    }
    match members.capabilities {
        Some(_) => Ok(Request::Capabilities(capabilities_asked(text))),
        None => Err(Refusal::unknown()),
    }
}

fn announce(members: &Members, source: IpAddr) -> Result<Request<'static>, Refusal> {
    let hash = members.info_hash.as_ref().and_then(|text| info_hash(&text.0)).ok_or_else(|| Refusal::invalid("info_hash"))?;
    if !members.peer_id.as_ref().is_some_and(|id| (1..=64).contains(&id.0.len())) {
        return Err(Refusal::invalid("peer_id"));
    }
    let port = members.port.filter(|port| *port != 0).ok_or_else(|| Refusal::invalid("port"))?;
    let role = match (members.event.as_ref().map(|event| event.0.as_ref()), members.left) {
        (Some("stopped"), _) => Role::Leaving,
        (_, Some(0)) => Role::Seeder,
        _ => Role::Leecher,
    };
    let numwant = members.numwant.filter(|wanted| *wanted >= 0).unwrap_or(DEFAULT_NUMWANT).min(MAX_NUMWANT);
    let address = SocketAddr::new(believed(source.to_canonical(), members.ip), port);
    Ok(Request::Announce(hash, Asker { address, role, numwant: numwant as usize }))
}

/// The swarm of a 64-digit hash is that of its first 40 digits (BEP 52).
fn info_hash(text: &str) -> Option<InfoHash> {
    if text.len() != 40 && text.len() != 64 {
        return None;
    }
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    let mut hash = [0; 20];
    for (at, pair) in text.as_bytes().chunks_exact(2).enumerate() {
        let byte = digit(pair[0])? << 4 | digit(pair[1])?;
        if let Some(place) = hash.get_mut(at) {
            *place = byte;
        }
    }
    Some(hash)
}

/// Anyone else could aim a swarm at a third party.
fn believed(source: IpAddr, claimed: Option<IpAddr>) -> IpAddr {
    let inside = match source {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_loopback(),
    };
    claimed.filter(|_| inside).unwrap_or(source)
}

/// The slow path: what was wrong, for a request that was refused.
fn explain(text: &str) -> Refusal {
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return Refusal::new("INVALID_JSON", error.to_string()),
    };
    let has = |name: &str| value.get(name).is_some_and(|member| !member.is_null());
    let known = has("file") || has("capabilities") || (has("info_hash") && has("peer_id"));
    if !known {
        return Refusal::unknown();
    }
    type Check = fn(&Value) -> bool;
    let checks: [(&str, Check); 10] = [
        ("info_hash", Value::is_string),
        ("peer_id", Value::is_string),
        ("port", |port| port.as_u64().is_some_and(|port| port <= 65535)),
        ("uploaded", Value::is_u64),
        ("downloaded", Value::is_u64),
        ("left", Value::is_u64),
        ("event", Value::is_string),
        ("ip", |ip| ip.as_str().is_some_and(|ip| ip.parse::<IpAddr>().is_ok())),
        ("numwant", Value::is_i64),
        ("file", Value::is_string),
    ];
    let wrong = checks.iter().find(|(name, fits)| has(name) && !fits(&value[*name]));
    Refusal::invalid(wrong.map_or("a member given twice", |(name, _)| name))
}

fn capabilities_asked(text: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Asked {
        capabilities: Vec<Value>,
    }
    let asked = serde_json::from_str::<Asked>(text).map(|asked| asked.capabilities).unwrap_or_default();
    asked.iter().filter_map(|name| name.as_str().map(String::from)).collect()
}

#[derive(Serialize)]
struct AnnounceAnswer<'a> {
    interval: u32,
    peers: &'a [PeerAnswer],
    complete: usize,
    incomplete: usize,
}

#[derive(Serialize)]
struct PeerAnswer {
    ip: IpAddr,
    port: u16,
}

pub fn encode_announce(answer: &Answer, interval: u32) -> Vec<u8> {
    let peers: Vec<_> = answer.peers.iter().map(|peer| PeerAnswer { ip: peer.ip(), port: peer.port() }).collect();
    let answer = AnnounceAnswer { interval, peers: &peers, complete: answer.complete, incomplete: answer.incomplete };
    // 40 bytes is the usual length of one IPv4 peer.
    let mut bytes = Vec::with_capacity(96 + 40 * peers.len());
    serde_json::to_writer(&mut bytes, &answer).expect("numbers and addresses");
    bytes
}

pub fn encode_capabilities(asked: &[String], interval: u32) -> Vec<u8> {
    let common: Vec<_> = ["announce", "file"].into_iter().filter(|name| asked.iter().any(|other| other == name)).collect();
    let limits = json!({"max_request_bytes": MAX_REQUEST_BYTES, "max_json_file_bytes": MAX_JSON_FILE_BYTES,
        "max_numwant": MAX_NUMWANT, "interval": interval});
    json!({"version": 1, "capabilities": common, "limits": limits}).to_string().into_bytes()
}
