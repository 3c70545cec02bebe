//! TLS: the certificate, and the handshake after SSLRequest.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pgwire::api::auth::sasl::scram::ScramServerAuth;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;

use super::{Stream, TlsMode};
use crate::error::{Report, Result, SqlState};

/// The first byte of a TLS handshake.
pub(super) const HANDSHAKE: u8 = 0x16;
/// The protocol's name in ALPN.
const PROTOCOL: &[u8] = b"postgresql";

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
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        let mut bound = ScramServerAuth::new();
        let bound = bound.configure_certificate(&pem).is_ok().then_some(bound);
        Ok(Some(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), bound, required: settings.mode == TlsMode::Require }))
    }

    /// Does the handshake of a client that began it without asking; its first byte is read already. Such a client must say, by ALPN, that it
    /// means this protocol: else a browser could be led here.
    pub(super) async fn accept_direct(&self, first: u8, stream: Box<dyn Stream>) -> std::io::Result<Box<dyn Stream>> {
        let stream = self.acceptor.accept(Replayed { first: Some(first), stream }).await?;
        if stream.get_ref().1.alpn_protocol() != Some(PROTOCOL) {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "no ALPN"));
        }
        Ok(Box::new(stream))
    }

    /// Does the handshake.
    pub(super) async fn accept(&self, stream: Box<dyn Stream>) -> std::io::Result<Box<dyn Stream>> {
        Ok(Box::new(self.acceptor.accept(stream).await?))
    }
}

/// A stream of which one byte is read already.
struct Replayed {
    first: Option<u8>,
    stream: Box<dyn Stream>,
}

impl AsyncRead for Replayed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        if buf.remaining() > 0
            && let Some(first) = self.first.take()
        {
            buf.put_slice(&[first]);
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Replayed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
