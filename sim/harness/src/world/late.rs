use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::result::ConnectorError;
use bytes::Bytes;
use http::Response;

use super::connector::{Outgoing, Sender, answer, send_outside, shown};
use super::context::Context;
use super::shared::Shared;
use super::transport::Transport;
use crate::fault::Site;
use crate::journal::JournalEvent;

/// A request that is still on its way.
pub(super) type Late = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Brings a request to whom it is for, so much later, as it was sent and by whom: its caller has
/// seen a broken connection, and may be gone.
pub(super) fn arrive(
    shared: &Arc<Shared>,
    context: &Context,
    request: Arc<Outgoing>,
    site: Site,
    by: Duration,
) -> Late {
    let (shared, sender) = (Arc::clone(shared), Sender::of(context));
    Box::pin(async move {
        tokio::time::sleep(by).await;
        let invocation = Some(sender.invocation);
        let note = |outcome: &Result<Response<Bytes>, ConnectorError>| {
            let outcome = shown(outcome);
            shared.push(invocation, JournalEvent::LateArrival { site, outcome });
        };
        match &shared.transport {
            Transport::External(outside) => {
                // The journal has how it came back.
                let _noted = send_outside(&shared, outside, &sender, &request, note).await;
            }
            // The caller's gateway may be gone with it.
            Transport::InMemory | Transport::Loopback(_) => {
                note(&Ok(answer(&shared, &sender, &request)));
                shared.collect(invocation);
                shared.wake();
            }
        }
    })
}
