// SPDX-License-Identifier: MIT
//! One connection to one server, and how it failed where it did.
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ConnectionError, Endpoint, TransportConfig};
use rustls::crypto::aws_lc_rs;
use serde_json::{json, Value};
use torq_quinn_peers::arguments::Arguments;
use torq_quinn_peers::credentials::PinVerifier;

pub struct Target {
    pub to: SocketAddr,
    pub from: IpAddr,
    pub name: String,
    alpn: Vec<Vec<u8>>,
    pin: Option<String>,
    post_quantum: bool,
}

impl Target {
    pub fn parse(arguments: &mut Arguments) -> Result<Self, String> {
        let to: SocketAddr = arguments.value("--to")?.ok_or("--to ADDR:PORT is missing")?;
        let alpn = arguments.text("--alpn")?.unwrap_or_else(|| "h3".into());
        Ok(Self {
            to,
            from: arguments.value("--from")?.unwrap_or_else(|| any_address(to)),
            name: arguments.text("--name")?.unwrap_or_else(|| to.ip().to_string()),
            alpn: if alpn == "none" { Vec::new() } else { alpn.split(',').map(|token| token.as_bytes().to_vec()).collect() },
            pin: arguments.text("--cert-pin")?,
            post_quantum: arguments.flag("--post-quantum"),
        })
    }

    /// The endpoint to connect from, and the verifier that will know the server's pin.
    pub fn endpoint(&self) -> Result<(Endpoint, Arc<PinVerifier>), String> {
        let mut provider = aws_lc_rs::default_provider();
        provider.kx_groups = if self.post_quantum {
            vec![aws_lc_rs::kx_group::X25519MLKEM768, aws_lc_rs::kx_group::X25519]
        } else {
            vec![aws_lc_rs::kx_group::X25519, aws_lc_rs::kx_group::SECP256R1]
        };
        let provider = Arc::new(provider);
        let verifier = PinVerifier::new(self.pin.clone(), Arc::clone(&provider));
        let mut tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone())
            .with_no_client_auth();
        tls.alpn_protocols.clone_from(&self.alpn);

        let crypto = QuicClientConfig::try_from(tls).map_err(|error| error.to_string())?;
        let mut config = quinn::ClientConfig::new(Arc::new(crypto));
        config.transport_config(Arc::new(transport()));
        let mut endpoint = Endpoint::client(SocketAddr::new(self.from, 0)).map_err(|error| error.to_string())?;
        endpoint.set_default_client_config(config);
        Ok((endpoint, verifier))
    }
}

fn any_address(to: SocketAddr) -> IpAddr {
    if to.is_ipv4() {
        IpAddr::from([0u8; 4])
    } else {
        IpAddr::from([0u16; 8])
    }
}

fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        // As the document's client: no server opens streams towards it.
        .max_concurrent_bidi_streams(0u8.into())
        .max_concurrent_uni_streams(0u8.into())
        .max_idle_timeout(Some(Duration::from_secs(20).try_into().expect("a short time")));
    transport
}

/// Who ended the connection, at which layer, with which code. `by` is the side that found the fault, not the side that had it.
pub fn describe(error: &ConnectionError) -> Value {
    match error {
        ConnectionError::ConnectionClosed(close) => {
            json!({"by": "peer", "layer": "transport", "code": u64::from(close.error_code), "reason": String::from_utf8_lossy(&close.reason)})
        }
        ConnectionError::ApplicationClosed(close) => {
            json!({"by": "peer", "layer": "application", "code": close.error_code.into_inner(), "reason": String::from_utf8_lossy(&close.reason)})
        }
        ConnectionError::TransportError(error) => {
            json!({"by": "us", "layer": "transport", "code": u64::from(error.code), "reason": error.reason})
        }
        ConnectionError::LocallyClosed => json!({"by": "us", "layer": "application", "code": 0, "reason": ""}),
        ConnectionError::Reset => json!({"by": "peer", "layer": "reset", "code": null, "reason": "stateless reset"}),
        ConnectionError::TimedOut => json!({"by": "nobody", "layer": "timeout", "code": null, "reason": "timed out"}),
        other => json!({"by": "us", "layer": "other", "code": null, "reason": other.to_string()}),
    }
}
