use async_trait::async_trait;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::error::DisplayErrorContext;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_types::DateTime;

use super::{BusEntry, EventBus};
use crate::clock::SharedClock;
use crate::error::StepError;

/// An event bus on Amazon EventBridge. A failed entry and a failed call both raise: swallowing
/// either would end the workflow with a success response (rules.md 4.3).
#[derive(Clone, Debug)]
pub struct EventBridgeBus {
    client: Client,
    clock: SharedClock,
    bus_name: String,
    maximum_detail_bytes: usize,
}

impl EventBridgeBus {
    /// A bus named `bus_name`, refusing details over `maximum_detail_bytes` before AWS is called.
    #[must_use]
    pub fn new(
        client: Client,
        clock: SharedClock,
        bus_name: &str,
        maximum_detail_bytes: usize,
    ) -> Self {
        Self {
            client,
            clock,
            bus_name: bus_name.to_owned(),
            maximum_detail_bytes,
        }
    }

    fn check_size(&self, entry: &BusEntry) -> Result<(), StepError> {
        if entry.detail.len() <= self.maximum_detail_bytes {
            return Ok(());
        }
        Err(StepError::PublishFailed(format!(
            "PayloadTooLarge: the detail of {} {} has {} bytes, allowed are {}",
            entry.detail_type,
            entry.event_id,
            entry.detail.len(),
            self.maximum_detail_bytes
        )))
    }
}

#[async_trait]
impl EventBus for EventBridgeBus {
    async fn publish(&self, entry: &BusEntry) -> Result<(), StepError> {
        self.check_size(entry)?;
        let request = PutEventsRequestEntry::builder()
            .time(DateTime::from_millis(self.clock.now().timestamp_millis()))
            .source(&entry.source)
            .detail_type(&entry.detail_type)
            .detail(&entry.detail)
            .event_bus_name(&self.bus_name)
            .set_resources(Some(entry.resources.clone()))
            .build();
        let answer = self
            .client
            .put_events()
            .entries(request)
            .send()
            .await
            .map_err(|error| StepError::PublishFailed(DisplayErrorContext(&error).to_string()))?;
        let failed = answer
            .entries()
            .iter()
            .find(|result| result.error_code().is_some());
        if let Some(result) = failed {
            let code = result.error_code().unwrap_or_default();
            let message = result.error_message().unwrap_or_default();
            return Err(StepError::PublishFailed(format!("{code}: {message}")));
        }
        if answer.failed_entry_count() > 0 {
            return Err(StepError::PublishFailed(format!(
                "{} entries failed without a code",
                answer.failed_entry_count()
            )));
        }
        tracing::info!(event_id = %entry.event_id, event_type = %entry.detail_type, "event published");
        Ok(())
    }
}
