//! Encryption: rustls with the certificates that this system trusts.
//!
//! `SSL_CERT_FILE` and `SSL_CERT_DIR` name other certificates, as for most programs.

use crate::error::RemoteError;
use std::sync::{Arc, OnceLock};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// The configuration, made when it is first needed: reading the certificates takes a while.
#[derive(Default)]
pub(crate) struct Tls(OnceLock<Result<Arc<ClientConfig>, String>>);

impl Tls {
    /// Encrypts a connection to `host`, whose certificate must be valid for it.
    pub(crate) async fn encrypt(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, RemoteError> {
        let config = self
            .0
            .get_or_init(config)
            .clone()
            .map_err(RemoteError::Tls)?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| RemoteError::Tls(error.to_string()))?;
        let encrypted = TlsConnector::from(config).connect(name, stream).await;
        encrypted.map_err(|error| RemoteError::Tls(error.to_string()))
    }
}

fn config() -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err("this system has no trusted certificates; set SSL_CERT_FILE".into());
    }
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
