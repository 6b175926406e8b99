//! The server's certificate: self-signed, made once a process for each host name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CipherSuite, ServerConfig};

/// A certificate and the TLS configuration that shows it.
pub(super) struct Identity {
    pub(super) der: Vec<u8>,
    pub(super) pem: String,
    pub(super) config: Arc<ServerConfig>,
}

/// The certificate for `hostname`, for `localhost` and for 127.0.0.1, valid from 1975 to 4096 so
/// that no virtual clock is outside of it.
pub(super) fn identity(hostname: &str) -> Arc<Identity> {
    static MADE: OnceLock<Mutex<BTreeMap<String, Arc<Identity>>>> = OnceLock::new();
    let mut made = MADE
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(identity) = made.get(hostname) {
        return Arc::clone(identity);
    }
    let identity = Arc::new(make(hostname));
    made.insert(hostname.to_owned(), Arc::clone(&identity));
    identity
}

fn make(hostname: &str) -> Identity {
    let names = vec![
        hostname.to_owned(),
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
    ];
    let key = KeyPair::generate().expect("ring makes P-256 keys on every system it runs on");
    let params = CertificateParams::new(names).expect("a mail server's host name is a DNS name");
    let certificate = params
        .self_signed(&key)
        .expect("a fresh key signs its own certificate");
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("rcgen writes keys as PKCS #8");
    let mut provider = rustls::crypto::ring::default_provider();
    // The short suites first, and the server's order counts: processors have instructions for
    // SHA-256, and none for the SHA-384 of the suites that clients prefer.
    provider.cipher_suites.sort_by_key(|suite| {
        suite
            .tls13()
            .is_none_or(|suite| suite.common.suite != CipherSuite::TLS13_AES_128_GCM_SHA256)
    });
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .expect("ring offers the cipher suites of TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("key and certificate were made for each other");
    config.ignore_client_order = true;
    // A client may resume its session. A ticket's age is judged by the machine's clock, on which a
    // process does not live as long as a ticket; and a client whose ticket is refused does the
    // whole handshake.
    config.send_tls13_tickets = 1;
    Identity {
        der: certificate.der().to_vec(),
        pem: certificate.pem(),
        config: Arc::new(config),
    }
}
