use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::connector::{Outgoing, Sender, answer, shown, work};
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
        let outcome = match shared.transport {
            Transport::External(_) => shown(&work(&shared, &sender, &request).await),
            // The caller's gateway may be gone with it.
            Transport::InMemory | Transport::Loopback(_) => {
                shown(&Ok(answer(&shared, &sender, &request)))
            }
        };
        shared.push(invocation, JournalEvent::LateArrival { site, outcome });
        shared.collect(invocation);
        shared.wake();
    })
}
