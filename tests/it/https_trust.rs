//! AWS and the broker must show a certificate that is trusted: nobody else sees a key.

use std::net::Ipv4Addr;
use std::sync::Arc;

use alchemiser::aws::connector;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A server whose certificate nobody vouches for.
fn impostor() -> TlsAcceptor {
    let key = KeyPair::generate().expect("a key");
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .and_then(|parameters| parameters.self_signed(&key));
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key in PKCS #8");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS");
    let config = builder
        .with_no_client_auth()
        .with_single_cert(vec![certificate.expect("a certificate").der().clone()], key);
    TlsAcceptor::from(Arc::new(config.expect("the key is the certificate's")))
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_sees_no_request() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let request = http::Request::get(format!("https://localhost:{port}/v2/account"))
        .header("APCA-API-SECRET-KEY", "secret");
    let request = HttpRequest::try_from(
        request
            .body(aws_smithy_types::body::SdkBody::empty())
            .expect("a request"),
    )
    .expect("a request");

    let serve = async {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut heard = Vec::new();
        if let Ok(mut stream) = impostor().accept(stream).await {
            let _ended = stream.read_to_end(&mut heard).await;
        }
        heard
    };
    let (answer, heard) = tokio::join!(connector().call(request), serve);

    let refused = format!("{:?}", answer.expect_err("there is no answer"));
    assert!(refused.contains("UnknownIssuer"), "{refused}");
    assert!(heard.is_empty(), "it heard {} bytes", heard.len());
}
