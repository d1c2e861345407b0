// SPDX-License-Identifier: MIT
//! A plain tracker and file server on quinn: JSON over streams after the document; of torq's extensions only the raw encoding of files.
//!
//! usage: quinn-server [--listen ADDR:PORT] [--root DIR] [--threads N] [--interval SECONDS] [--capabilities] [--cert FILE --key FILE]
//!
//! The first line on standard output says that it is ready, with its address, port and pin. SIGTERM ends it.
mod files;
mod requests;
mod serve;
mod store;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Endpoint, EndpointConfig, TokioRuntime, TransportConfig, VarInt};
use serde_json::json;
use socket2::{Domain, Protocol, Socket, Type};
use torq_quinn_peers::arguments::Arguments;
use torq_quinn_peers::credentials::{self, Identity};
use torq_quinn_peers::lines::emit;

use files::Root;
use serve::Service;
use store::Store;

// A good server would not do without one of its kind: each stream is a task, and each task is allocated.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Options {
    listen: SocketAddr,
    root: PathBuf,
    threads: usize,
    interval: u32,
    capabilities: bool,
    certificate: Option<(String, String)>,
}

impl Options {
    fn parse(mut arguments: Arguments) -> Result<Self, String> {
        let options = Self {
            listen: arguments.value("--listen")?.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 7001))),
            root: arguments.value("--root")?.unwrap_or_else(|| PathBuf::from("seed")),
            threads: arguments.value("--threads")?.unwrap_or_else(every_core),
            interval: arguments.value("--interval")?.unwrap_or(60),
            capabilities: arguments.flag("--capabilities"),
            certificate: match (arguments.text("--cert")?, arguments.text("--key")?) {
                (Some(certificate), Some(key)) => Some((certificate, key)),
                (None, None) => None,
                _ => return Err("--cert and --key go together".into()),
            },
        };
        arguments.finish()?;
        Ok(options)
    }
}

fn every_core() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn main() -> ExitCode {
    match Options::parse(Arguments::from_environment()).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            eprintln!("quinn-server: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: Options) -> Result<(), String> {
    // One thread needs no work stealing, and is faster without.
    let mut builder = match options.threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        more => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            builder.worker_threads(more);
            builder
        }
    };
    let runtime = builder.enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(serve_until_told(options))
}

async fn serve_until_told(options: Options) -> Result<(), String> {
    let identity = match &options.certificate {
        Some((certificate, key)) => credentials::load(certificate, key)?,
        None => credentials::self_signed()?,
    };
    let pin = credentials::pin_of(&identity.chain[0]).map_err(|error| error.to_string())?;
    let service = Arc::new(Service {
        root: Root::open(&options.root)?,
        store: Store::new(options.interval),
        interval: options.interval,
        capabilities: options.capabilities,
    });
    let endpoint = endpoint(options.listen, identity)?;
    let local = endpoint.local_addr().map_err(|error| error.to_string())?;
    let mut stop = signals()?;

    emit(&json!({"event": "ready", "address": local.ip(), "port": local.port(), "alpn": ["h3"], "pin": pin, "threads": options.threads}));
    tokio::spawn(store::forget_the_silent(Arc::clone(&service)));
    tokio::select! {
        () = serve::accept(endpoint.clone(), service) => {}
        _ = stop.0.recv() => {}
        _ = stop.1.recv() => {}
    }
    endpoint.close(VarInt::from_u32(0), b"server stops");
    endpoint.wait_idle().await;
    Ok(())
}

type Signals = (tokio::signal::unix::Signal, tokio::signal::unix::Signal);

fn signals() -> Result<Signals, String> {
    use tokio::signal::unix::{signal, SignalKind};
    let listen = |kind| signal(kind).map_err(|error| error.to_string());
    Ok((listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?))
}

fn endpoint(listen: SocketAddr, identity: Identity) -> Result<Endpoint, String> {
    let mut tls = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(identity.chain, identity.key))
        .map_err(|error| error.to_string())?;
    tls.alpn_protocols = vec![b"h3".to_vec()];
    // rustls' stateful cache is searched linearly; sealed tickets cost the server no memory.
    tls.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new().map_err(|error| error.to_string())?;
    tls.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});

    let crypto = QuicServerConfig::try_from(tls).map_err(|error| error.to_string())?;
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(crypto));
    config.transport_config(Arc::new(transport()));
    let socket = socket(listen).map_err(|error| format!("{listen}: {error}"))?;
    let mut versions = EndpointConfig::default();
    // By default quinn also speaks six drafts of QUIC.
    versions.supported_versions(vec![1]);
    Endpoint::new(versions, Some(config), socket, Arc::new(TokioRuntime)).map_err(|error| error.to_string())
}

fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(100u8.into())
        .max_concurrent_uni_streams(0u8.into())
        .max_idle_timeout(Some(Duration::from_secs(30).try_into().expect("a short time")))
        // Requests are small: a whole one fits, and a client cannot make us hold much more.
        .stream_receive_window((requests::MAX_REQUEST_BYTES as u32 + 1024).into())
        .receive_window(VarInt::from_u32(1 << 20))
        // What one slow reader can hold of ours.
        .send_window(2 << 20);
    transport
}

fn socket(listen: SocketAddr) -> std::io::Result<std::net::UdpSocket> {
    let socket = Socket::new(Domain::for_address(listen), Type::DGRAM, Some(Protocol::UDP))?;
    if listen.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // The usual default holds fewer than a hundred Initials; the kernel clamps to what it allows.
    socket.set_recv_buffer_size(4 << 20)?;
    socket.set_send_buffer_size(4 << 20)?;
    socket.bind(&listen.into())?;
    Ok(socket.into())
}
