//! TLS: the certificate, and the handshake after SSLRequest.

use std::path::Path;
use std::sync::Arc;

use pgwire::api::auth::sasl::scram::ScramServerAuth;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::{Stream, TlsMode};
use crate::error::{Report, Result, SqlState};

/// A loaded certificate.
pub(super) struct Tls {
    acceptor: TlsAcceptor,
    /// SCRAM bound to the certificate; `None` when its signature algorithm has no binding.
    pub(super) bound: Option<ScramServerAuth>,
    /// Clients must encrypt.
    pub(super) required: bool,
}

fn failed(path: &Path, error: impl std::fmt::Display) -> Report {
    Report::new(SqlState("F0000"), format!("cannot use \"{}\": {error}", path.display()))
}

impl Tls {
    pub(super) fn load(settings: &super::Tls) -> Result<Option<Tls>> {
        if settings.mode == TlsMode::Off {
            return Ok(None);
        }
        let (cert, key) = match (&settings.cert, &settings.key) {
            (Some(cert), Some(key)) => (cert, key),
            (None, None) if settings.mode == TlsMode::Prefer => return Ok(None),
            _ => {
                return Err(Report::new(SqlState("F0000"), "tls.cert and tls.key must both be set")
                    .hint("Name a certificate and its key, or set tls.mode = \"off\"."));
            }
        };
        let pem = std::fs::read(cert).map_err(|error| failed(cert, error))?;
        let chain: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|error| failed(cert, error))?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(cert, error))?
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .map_err(|error| failed(cert, error))?;
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        let mut bound = ScramServerAuth::new();
        let bound = bound.configure_certificate(&pem).is_ok().then_some(bound);
        Ok(Some(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), bound, required: settings.mode == TlsMode::Require }))
    }

    /// Does the handshake.
    pub(super) async fn accept(&self, stream: Box<dyn Stream>) -> std::io::Result<Box<dyn Stream>> {
        Ok(Box::new(self.acceptor.accept(stream).await?))
    }
}
