//! A model on a server that is reached by https: only a certificate that this system trusts, for
//! the very host and not expired, is accepted, and nothing is asked before.

use crate::remote_engine::required;
use remote::testing::{FakeServer, end, lines, llama_server, piece};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

/// A file of `tests/certificates`, whose `make.sh` says what they are.
fn file(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("certificates");
    folder.join(name)
}

/// What a server with this certificate needs.
fn acceptor(name: &str) -> TlsAcceptor {
    let read = |end: &str| std::fs::read(file(&format!("{name}{end}"))).unwrap();
    let key = PrivateKeyDer::try_from(read(".key.der")).unwrap();
    let provider = Arc::new(crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(read(".der"))], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Encrypts the connections to a server; returns the port.
async fn encrypt(server: &FakeServer, acceptor: TlsAcceptor) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let address = server.url.trim_start_matches("http://").to_owned();
    tokio::spawn(async move {
        while let Ok((outside, _)) = listener.accept().await {
            let (acceptor, address) = (acceptor.clone(), address.clone());
            tokio::spawn(async move {
                let mut outside = acceptor.accept(outside).await.ok()?;
                let mut inside = TcpStream::connect(address).await.ok()?;
                let copied = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                copied.ok()
            });
        }
    });
    port
}

/// What `nigh check-model` reports of a server.
async fn checked(url: String) -> (bool, String) {
    let check = move || {
        let folder = std::env::current_exe().unwrap();
        let folder = folder.ancestors().nth(2).unwrap();
        let program = folder.join(format!("nigh{}", std::env::consts::EXE_SUFFIX));
        let mut command = Command::new(program);
        command.args(["check-model", &url]);
        command.env("SSL_CERT_FILE", file("authority.pem"));
        command.env_remove("SSL_CERT_DIR");
        command.output().unwrap()
    };
    let output = tokio::task::spawn_blocking(check).await.unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

fn server() -> FakeServer {
    llama_server(|asked| {
        let text = format!("{}x", required(asked));
        lines(&[&piece(&text, 7, -0.01), &end("eos")])
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_trusted_certificate_is_asked() {
    let server = server();
    let port = encrypt(&server, acceptor("localhost")).await;
    let (is_usable, report) = checked(format!("https://localhost:{port}")).await;
    assert!(is_usable && report.contains("llama-server"), "{report}");
    assert_eq!(server.asked("/v1/models").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_sound_is_refused_before_anything_is_asked() {
    for (certificate, why) in [
        ("unknown", "UnknownIssuer"),
        ("another", "not valid for"),
        ("expired", "expired"),
    ] {
        let server = server();
        let port = encrypt(&server, acceptor(certificate)).await;
        let (is_usable, report) = checked(format!("https://localhost:{port}")).await;
        assert!(!is_usable && report.contains(why), "{why}: {report}");
        assert!(server.asked("/v1/models").is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_encryption_is_not_asked_by_https() {
    let server = server();
    let url = server.url.replace("http://", "https://");
    let (is_usable, report) = checked(url).await;
    assert!(!is_usable && report.contains("encrypt"), "{report}");
    assert!(server.asked("/v1/models").is_empty());
}
