//! The tables of the template behind a connector: records are written and judged as in the
//! simulated cloud.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use simulated_cloud::Cloud;
use simulated_cloud::knobs::Knobs;
use simulated_cloud::stack::Account;
use simulated_cloud::template::load;

use super::opening;

/// Claims and workflow records, at the moment of [`opening`].
#[derive(Clone)]
pub struct Tables(Arc<Mutex<Cloud>>);

impl Tables {
    /// Empty ones.
    pub fn new() -> Self {
        let word = |text: &str| text.to_owned();
        let account = Account {
            stack: word("test"),
            ..Account::default()
        };
        let template = include_str!("../../../template.yaml");
        let stack = load("template.yaml", template, &Default::default(), &account)
            .expect("the template is sound");
        let cloud = Cloud::new(&stack, account, Knobs::default(), 1, opening()).expect("a cloud");
        Self(Arc::new(Mutex::new(cloud)))
    }
}

impl fmt::Debug for Tables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tables")
    }
}

impl HttpConnector for Tables {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let request = request.try_into_http1x().expect("a request of the SDK");
        let request =
            request.map(|body| Bytes::copy_from_slice(body.bytes().expect("a body in memory")));
        let answer = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .handle(opening(), &request);
        HttpConnectorFuture::ready(Ok(HttpResponse::try_from(answer.map(SdkBody::from))
            .expect("a plain answer is a response")))
    }
}
