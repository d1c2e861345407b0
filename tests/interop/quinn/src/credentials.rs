// SPDX-License-Identifier: MIT
//! Certificates: the server's own, and what the client accepts of a server's.
//!
//! A pin is `sha256:` and the hex of SHA-256 over the public key (SPKI), so it survives renewal.
use std::sync::{Arc, Mutex};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, SignatureScheme};

use crate::lines::sha256;

pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

pub fn load(certificate: &str, key: &str) -> Result<Identity, String> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(|found| found.collect::<Result<Vec<_>, _>>())
        .map_err(|error| format!("{certificate}: {error}"))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| format!("{key}: {error}"))?;
    Ok(Identity { chain, key })
}

/// ECDSA P-256, for the names and addresses of the loopback.
pub fn self_signed() -> Result<Identity, String> {
    let names = ["localhost", "127.0.0.1", "::1"].map(String::from).to_vec();
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| error.to_string())?;
    let key = PrivatePkcs8KeyDer::from(made.key_pair.serialize_der());
    Ok(Identity { chain: vec![made.cert.der().clone()], key: key.into() })
}

pub fn pin_of(certificate: &CertificateDer<'_>) -> Result<String, rustls::Error> {
    let spki = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
    Ok(format!("sha256:{}", sha256(&spki)))
}

/// Takes any certificate, or only the pinned one, and keeps the pin that it saw. Name, chain and date are not looked at;
/// that the server holds the certificate's key always is.
#[derive(Debug)]
pub struct PinVerifier {
    wanted: Option<String>,
    seen: Mutex<Option<String>>,
    provider: Arc<CryptoProvider>,
}

impl PinVerifier {
    pub fn new(wanted: Option<String>, provider: Arc<CryptoProvider>) -> Arc<Self> {
        Arc::new(Self { wanted, seen: Mutex::new(None), provider })
    }

    pub fn seen(&self) -> Option<String> {
        self.seen.lock().expect("nobody panics while holding it").clone()
    }
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let pin = pin_of(certificate)?;
        let refused = self.wanted.as_ref().is_some_and(|wanted| *wanted != pin);
        *self.seen.lock().expect("nobody panics while holding it") = Some(pin);
        if refused {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
