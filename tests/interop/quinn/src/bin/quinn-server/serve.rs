// SPDX-License-Identifier: MIT
//! Connections and streams: one request per bidirectional stream, complete at its end.
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use quinn::{Endpoint, Incoming, RecvStream, SendStream, VarInt};

use crate::files::{Root, ServedFile};
use crate::requests::{self, Refusal, Request, MAX_REQUEST_BYTES};
use crate::store::Store;

pub struct Service {
    pub root: Root,
    pub store: Store,
    pub interval: u32,
    pub capabilities: bool,
}

const NO_ERROR: VarInt = VarInt::from_u32(0);
const READ_FAILED: VarInt = VarInt::from_u32(1);

pub async fn accept(endpoint: Endpoint, service: Arc<Service>) {
    while let Some(incoming) = endpoint.accept().await {
        tokio::spawn(serve_connection(incoming, Arc::clone(&service)));
    }
}

async fn serve_connection(incoming: Incoming, service: Arc<Service>) {
    // Handshakes that fail are the client's business; quinn has told it.
    let Ok(connection) = incoming.await else { return };
    while let Ok((send, receive)) = connection.accept_bi().await {
        // Asked for each request, because a client's address may change.
        let source = connection.remote_address().ip();
        let service = Arc::clone(&service);
        tokio::spawn(async move { serve_stream(send, receive, source, service).await });
    }
}

async fn serve_stream(mut send: SendStream, mut receive: RecvStream, source: std::net::IpAddr, service: Arc<Service>) {
    let answer = match read_request(&mut receive).await {
        Ok(Some(bytes)) => requests::parse(&bytes, source).and_then(|request| service.answer(request)),
        Ok(None) => {
            // The client took its request back: our half ends too, or the stream's credit would never return.
            let _ = send.reset(NO_ERROR);
            return;
        }
        Err(refusal) => {
            let _ = receive.stop(NO_ERROR);
            Err(refusal)
        }
    };
    let written = match answer {
        Ok(Reply::Whole(bytes)) => send.write_chunk(bytes.into()).await.is_ok(),
        Ok(Reply::File(file)) => write_file(&mut send, file).await,
        Err(refusal) => send.write_chunk(refusal.encode().into()).await.is_ok(),
    };
    if written {
        let _ = send.finish();
    } else {
        let _ = send.reset(READ_FAILED);
    }
}

/// The bytes up to FIN; nothing, if the client reset the stream.
async fn read_request(receive: &mut RecvStream) -> Result<Option<Bytes>, Refusal> {
    let Ok(first) = receive.read_chunk(MAX_REQUEST_BYTES + 1, true).await else { return Ok(None) };
    let Some(first) = first else { return Ok(Some(Bytes::new())) };
    let mut whole = Gathered::One(first.bytes);
    loop {
        if whole.len() > MAX_REQUEST_BYTES {
            return Err(Refusal::new("REQUEST_TOO_LARGE", "the request is over 64 KiB"));
        }
        match receive.read_chunk(MAX_REQUEST_BYTES + 1, true).await {
            Ok(Some(more)) => whole = whole.and(&more.bytes),
            Ok(None) => return Ok(Some(whole.bytes())),
            Err(_) => return Ok(None),
        }
    }
}

/// Nearly every request arrives in one piece, and is then never copied.
enum Gathered {
    One(Bytes),
    Many(BytesMut),
}

impl Gathered {
    fn len(&self) -> usize {
        match self {
            Self::One(bytes) => bytes.len(),
            Self::Many(bytes) => bytes.len(),
        }
    }

    fn and(self, more: &[u8]) -> Self {
        let mut bytes = match self {
            Self::One(bytes) => BytesMut::from(bytes),
            Self::Many(bytes) => bytes,
        };
        bytes.extend_from_slice(more);
        Self::Many(bytes)
    }

    fn bytes(self) -> Bytes {
        match self {
            Self::One(bytes) => bytes,
            Self::Many(bytes) => bytes.freeze(),
        }
    }
}

enum Reply {
    Whole(Vec<u8>),
    File(ServedFile),
}

impl Service {
    fn answer(&self, request: Request) -> Result<Reply, Refusal> {
        match request {
            Request::Announce(hash, asker) => Ok(Reply::Whole(requests::encode_announce(&self.store.announce(hash, asker), self.interval))),
            Request::File(name, raw) => Ok(Reply::File(self.root.find(&name, raw)?)),
            Request::Capabilities(asked) if self.capabilities => Ok(Reply::Whole(requests::encode_capabilities(&asked, self.interval))),
            Request::Capabilities(_) => Err(Refusal::new("UNKNOWN_REQUEST", "unknown request type")),
        }
    }
}

/// The next piece is made only when the one before is in the send window: a reader that stops costs one piece.
async fn write_file(send: &mut SendStream, mut file: ServedFile) -> bool {
    loop {
        let read = tokio::task::spawn_blocking(move || file.next_piece().map(|piece| (piece, file)));
        match read.await {
            Ok(Ok((piece, _))) if piece.is_empty() => return true,
            Ok(Ok((piece, rest))) => {
                if send.write_chunk(piece).await.is_err() {
                    return false;
                }
                file = rest;
            }
            _ => return false,
        }
    }
}
