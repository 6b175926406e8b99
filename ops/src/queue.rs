use std::collections::BTreeMap;

use alchemiser::timestamp::Timestamp;
use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, Message, MessageSystemAttributeName,
    QueueAttributeName,
};
use chrono::DateTime;
use indicatif::{ProgressBar, ProgressStyle};

use crate::account::Account;
use crate::dead_letter::DeadLetter;
use crate::outcome::{Problem, failed, unknown};

/// How long messages are hidden from others while they are looked at. What is not deleted is shown
/// again at the end; after a program that was killed, by then.
const HOLD_SECONDS: i32 = 300;
/// The most that SQS gives or takes at once.
const BATCH: usize = 10;

/// A queue.
#[derive(Debug)]
pub struct Queue {
    /// Its name.
    pub name: String,
    url: String,
}

impl Queue {
    /// The queue of that name, which must be there.
    pub async fn find(account: &Account, said: Option<&str>) -> Result<Self, Problem> {
        let name = said.map_or_else(|| account.named("event-dlq"), str::to_owned);
        match account.sqs.get_queue_url().queue_name(&name).send().await {
            Ok(found) => Ok(Self {
                url: found.queue_url.unwrap_or_default(),
                name,
            }),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|failure| failure.is_queue_does_not_exist()) =>
            {
                let listed = account
                    .sqs
                    .list_queues()
                    .send()
                    .await
                    .map_err(|error| failed("listing the queues", &error))?;
                let last = |url: &String| url.rsplit('/').next().unwrap_or(url).to_owned();
                Err(unknown(
                    "queue",
                    &name,
                    &listed.queue_urls().iter().map(last).collect::<Vec<_>>(),
                ))
            }
            Err(error) => Err(failed(&format!("looking for the queue {name}"), &error)),
        }
    }

    /// How many messages others are looking at just now.
    pub async fn in_flight(&self, account: &Account) -> Result<u64, Problem> {
        let wanted = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
        let asked = account
            .sqs
            .get_queue_attributes()
            .queue_url(&self.url)
            .attribute_names(wanted.clone())
            .send()
            .await;
        let answer = asked
            .map_err(|error| failed(&format!("reading the attributes of {}", self.name), &error))?;
        Ok(answer
            .attributes()
            .and_then(|all| all.get(&wanted))
            .and_then(|count| count.parse().ok())
            .unwrap_or(0))
    }

    /// Reads all messages that can be seen into `letters`, by their ids. They are hidden from
    /// others until they are released, those too that were read before something went wrong.
    pub async fn read(
        &self,
        account: &Account,
        letters: &mut BTreeMap<String, DeadLetter>,
    ) -> Result<(), Problem> {
        let bar = progress(None, "letters read");
        loop {
            let asked = account
                .sqs
                .receive_message()
                .queue_url(&self.url)
                .max_number_of_messages(10)
                .wait_time_seconds(1);
            let asked = asked
                .visibility_timeout(HOLD_SECONDS)
                .message_attribute_names("All");
            let asked = asked
                .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
                .send()
                .await;
            let page = asked
                .map_err(|error| failed(&format!("reading the queue {}", self.name), &error))?;
            if page.messages().is_empty() {
                break;
            }
            // A standard queue may give a message twice; the later receipt counts.
            let read = page.messages().iter().map(letter_of);
            letters.extend(read.map(|letter| (letter.message_id.clone(), letter)));
            bar.set_position(letters.len() as u64);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Shows messages to others again.
    pub async fn release(&self, account: &Account, letters: &[&DeadLetter]) -> Result<(), Problem> {
        for batch in letters.chunks(BATCH) {
            let entry = |(place, letter): (usize, &&DeadLetter)| {
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(place.to_string())
                    .visibility_timeout(0);
                entry
                    .receipt_handle(&letter.receipt)
                    .build()
                    .expect("all required members are set")
            };
            let entries = batch.iter().enumerate().map(entry).collect();
            let asked = account
                .sqs
                .change_message_visibility_batch()
                .queue_url(&self.url)
                .set_entries(Some(entries))
                .send()
                .await;
            asked
                .map_err(|error| failed(&format!("releasing messages of {}", self.name), &error))?;
        }
        Ok(())
    }

    /// Deletes a message.
    pub async fn delete(&self, account: &Account, letter: &DeadLetter) -> Result<(), Problem> {
        let asked = account
            .sqs
            .delete_message()
            .queue_url(&self.url)
            .receipt_handle(&letter.receipt)
            .send()
            .await;
        asked.map(|_| ()).map_err(|error| {
            failed(
                &format!(
                    "deleting the message {} of {}",
                    letter.message_id, self.name
                ),
                &error,
            )
        })
    }
}

/// A bar on standard error, where that is a terminal; without a length it turns instead.
pub fn progress(length: Option<usize>, what: &'static str) -> ProgressBar {
    let (bar, template) = match length {
        Some(length) => (
            ProgressBar::new(length as u64),
            "{bar:30} {pos}/{len} {msg}",
        ),
        None => (ProgressBar::new_spinner(), "{spinner} {pos} {msg}"),
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.with_message(what)
}

fn letter_of(message: &Message) -> DeadLetter {
    let sent = message
        .attributes()
        .and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    let sent = sent
        .and_then(|text| text.parse().ok())
        .and_then(DateTime::from_timestamp_millis)
        .map(Timestamp::new);
    let attributes = message.message_attributes().into_iter().flatten();
    let attributes = attributes
        .filter_map(|(name, value)| Some((name.clone(), value.string_value()?.to_owned())));
    DeadLetter::read(
        message.message_id().unwrap_or_default().to_owned(),
        message.receipt_handle().unwrap_or_default().to_owned(),
        sent,
        message.body().unwrap_or_default().to_owned(),
        attributes.collect(),
    )
}
