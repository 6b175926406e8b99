use super::render::render;
use super::transport::MailTransport;
use crate::error::{StepError, StepFailure};
use crate::event::{Body, Event};
use crate::services::Services;
use crate::step::Conclusion;

/// TradingNotificationRequested → one mail.
#[derive(Clone)]
pub struct NotificationService {
    services: Services,
    transport: MailTransport,
}

impl NotificationService {
    /// A service that sends through `transport`.
    #[must_use]
    pub fn new(services: Services, transport: MailTransport) -> Self {
        Self {
            services,
            transport,
        }
    }

    /// The work of the step. The mail is marked as sent only once the server has said 250; a final
    /// state of the workflow does not block it.
    ///
    /// # Errors
    /// [`StepError::MailNotDelivered`]: Lambda tries again, and in the end the event is in the
    /// dead-letter queue.
    pub async fn work(&self, event: &Event) -> Result<Conclusion, StepError> {
        let Body::TradingNotificationRequested(notification) = &event.body else {
            return Ok(Conclusion::default());
        };
        let settings = &self.services.settings.email;
        let mail = render(&event.header, notification, settings.neutral_mode);
        match self
            .transport
            .send(&mail, settings, event.header.timestamp.get())
            .await
        {
            Ok(()) => tracing::info!(subject = mail.subject, "mail sent"),
            Err(StepFailure::Retry(error)) => return Err(error),
            Err(StepFailure::Reject(refusal)) => {
                return Err(StepError::MailNotDelivered(refusal.reason));
            }
        }
        let correlation_id = &event.header.correlation_id;
        let changes = match self.services.workflows.load(correlation_id).await? {
            Some(_) => self.services.workflows.notified(correlation_id),
            None => Vec::new(),
        };
        Ok(Conclusion {
            changes,
            ..Conclusion::default()
        })
    }
}
