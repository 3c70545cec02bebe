//! TLS: the certificate, the authorities of clients' certificates, and the handshake after SSLRequest.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use pgwire::api::auth::sasl::scram::ScramServerAuth;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{CipherSuite, ProtocolVersion, RootCertStore, ServerConnection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_certificate::X509Certificate;

use super::{ClientCertificates, Stream, TlsMode};
use crate::error::{Report, Result, SqlState};
use crate::query::live::Secured;

/// The first byte of a TLS handshake.
pub(super) const HANDSHAKE: u8 = 0x16;
/// The protocol's name in ALPN.
const PROTOCOL: &[u8] = b"postgresql";

/// Certificates as the files hold them; read again when those change.
pub(super) struct Tls {
    settings: super::Tls,
    loaded: ArcSwap<Loaded>,
    /// What the files looked like when they were last read, well or badly.
    seen: Mutex<Vec<Stamp>>,
}

struct Loaded {
    acceptor: TlsAcceptor,
    /// SCRAM bound to the certificate; `None` when its signature algorithm has no binding.
    bound: Option<ScramServerAuth>,
}

/// A connection's encryption.
pub(super) struct Encryption {
    /// SCRAM bound to the certificate that this client was shown.
    pub(super) bound: Option<ScramServerAuth>,
    /// What `pg_stat_ssl` says of it.
    pub(super) secured: Option<Secured>,
    /// The client's certificate, verified.
    pub(super) certificate: Option<Certificate>,
}

/// A client's certificate.
pub(super) struct Certificate {
    /// The subject's common name, if it has one that can be read.
    pub(super) common_name: Option<String>,
}

/// What tells one state of a file from the next; `None` for a file that cannot be looked at.
type Stamp = Option<(SystemTime, u64)>;

fn failed(path: &Path, error: impl std::fmt::Display) -> Report {
    Report::new(SqlState("F0000"), format!("cannot use \"{}\": {error}", path.display()))
}

impl Tls {
    /// Reads the files; `None` where nothing is encrypted.
    pub(super) fn load(settings: &super::Tls) -> Result<Option<Tls>> {
        if settings.mode == TlsMode::Off || (settings.mode == TlsMode::Prefer && settings.cert.is_none() && settings.key.is_none()) {
            return Ok(None);
        }
        let seen = stamps(settings);
        let loaded = Loaded::read(settings)?;
        Ok(Some(Tls { settings: settings.clone(), loaded: ArcSwap::from_pointee(loaded), seen: Mutex::new(seen) }))
    }

    /// Reads the files again if they have changed.
    pub(super) fn renew(&self) -> Result<bool> {
        let now = stamps(&self.settings);
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if *seen == now {
                return Ok(false);
            }
            *seen = now;
        }
        self.loaded.store(Arc::new(Loaded::read(&self.settings)?));
        Ok(true)
    }

    /// Does the handshake of a client that began it without asking; its first byte is read already. Such a client must say, by ALPN, that it
    /// means this protocol: else a browser could be led here.
    pub(super) async fn accept_direct(&self, first: u8, stream: Box<dyn Stream>) -> std::io::Result<(Box<dyn Stream>, Encryption)> {
        let loaded = self.loaded.load_full();
        let stream = loaded.acceptor.accept(Replayed { first: Some(first), stream }).await?;
        if stream.get_ref().1.alpn_protocol() != Some(PROTOCOL) {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "no ALPN"));
        }
        let encryption = loaded.encryption(&stream);
        Ok((Box::new(stream), encryption))
    }

    /// Does the handshake.
    pub(super) async fn accept(&self, stream: Box<dyn Stream>) -> std::io::Result<(Box<dyn Stream>, Encryption)> {
        let loaded = self.loaded.load_full();
        let stream = loaded.acceptor.accept(stream).await?;
        let encryption = loaded.encryption(&stream);
        Ok((Box::new(stream), encryption))
    }
}

impl Loaded {
    fn read(settings: &super::Tls) -> Result<Loaded> {
        let (Some(cert), Some(key)) = (&settings.cert, &settings.key) else {
            return Err(Report::new(SqlState("F0000"), "tls.cert and tls.key must both be set")
                .hint("Name a certificate and its key, or set tls.mode = \"off\"."));
        };
        let pem = std::fs::read(cert).map_err(|error| failed(cert, error))?;
        let chain = certificates(cert, &pem)?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(cert, error))?;
        let builder = match (settings.client_certificates, &settings.client_ca) {
            (ClientCertificates::Off, _) => builder.with_no_client_auth(),
            (_, None) => return Err(Report::new(SqlState("F0000"), "tls.client_certificate needs tls.client_ca")),
            (_, Some(path)) => {
                let roots = Arc::new(authorities(path)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider)
                    // A client without one is told so in PostgreSQL's words, after its startup packet.
                    .allow_unauthenticated()
                    .build()
                    .map_err(|error| failed(path, error))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_single_cert(chain, private).map_err(|error| failed(cert, error))?;
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        let mut bound = ScramServerAuth::new();
        let bound = bound.configure_certificate(&pem).is_ok().then_some(bound);
        Ok(Loaded { acceptor: TlsAcceptor::from(Arc::new(config)), bound })
    }

    fn encryption<S>(&self, stream: &TlsStream<S>) -> Encryption {
        let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let certificate = shown.map(|shown| Certificate { common_name: common_name(shown) });
        Encryption { bound: self.bound.clone(), secured: secured(stream.get_ref().1), certificate }
    }
}

/// Names what a handshake came to as OpenSSL does.
fn secured(connection: &ServerConnection) -> Option<Secured> {
    let version = match connection.protocol_version()? {
        ProtocolVersion::TLSv1_3 => "TLSv1.3",
        ProtocolVersion::TLSv1_2 => "TLSv1.2",
        _ => return None,
    };
    let (cipher, bits) = match connection.negotiated_cipher_suite()?.suite() {
        CipherSuite::TLS13_AES_256_GCM_SHA384 => ("TLS_AES_256_GCM_SHA384", 256),
        CipherSuite::TLS13_AES_128_GCM_SHA256 => ("TLS_AES_128_GCM_SHA256", 128),
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => ("TLS_CHACHA20_POLY1305_SHA256", 256),
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => ("ECDHE-ECDSA-AES256-GCM-SHA384", 256),
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => ("ECDHE-ECDSA-AES128-GCM-SHA256", 128),
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => ("ECDHE-ECDSA-CHACHA20-POLY1305", 256),
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => ("ECDHE-RSA-AES256-GCM-SHA384", 256),
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => ("ECDHE-RSA-AES128-GCM-SHA256", 128),
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => ("ECDHE-RSA-CHACHA20-POLY1305", 256),
        _ => return None,
    };
    Some(Secured { version, cipher, bits })
}

fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|error| failed(path, error))
}

fn authorities(path: &Path) -> Result<RootCertStore> {
    let pem = std::fs::read(path).map_err(|error| failed(path, error))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, &pem)? {
        roots.add(certificate).map_err(|error| failed(path, error))?;
    }
    if roots.is_empty() {
        return Err(failed(path, "it holds no certificate"));
    }
    Ok(roots)
}

/// Returns the first common name of a verified certificate's subject. One with a zero byte is none: programs written in C read less of it.
fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let name = X509Certificate::from_der(certificate.as_ref()).ok()?.subject_common_name()?;
    Some(name).filter(|name| !name.is_empty() && !name.contains('\0'))
}

fn stamps(settings: &super::Tls) -> Vec<Stamp> {
    let look = |path: &PathBuf| {
        let file = std::fs::metadata(path).ok()?;
        Some((file.modified().ok()?, file.len()))
    };
    [&settings.cert, &settings.key, &settings.client_ca].into_iter().flatten().map(look).collect()
}

/// A stream of which one byte is read already.
struct Replayed {
    first: Option<u8>,
    stream: Box<dyn Stream>,
}

impl Stream for Replayed {}

impl<S: Stream> Stream for TlsStream<S> {}

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
