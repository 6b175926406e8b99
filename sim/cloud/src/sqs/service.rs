use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::attribute;
use super::digest::sha256_hex;
use super::error::{
    VALID_CHARACTERS, invalid_parameter, invalid_value, missing, queue_does_not_exist,
};
use super::knobs::Knobs;
use super::message::{Hold, Message, NewMessage, Received, Sent};
use super::move_task::MoveTask;
use super::queue::{Queue, Receive};
use super::settings::Settings;
use super::store::MessageStore;
use super::text::is_valid_text;
use crate::api::error::ServiceError;
use crate::stack;
use seeded_dice::{Dice, Key, Tally};

/// A sequence number has 20 digits; numbers grow but are not consecutive.
const FIRST_SEQUENCE_NUMBER: u128 = 18_870_000_000_000_000_000;
const SEQUENCE_NUMBER_STEP: u128 = 256;

/// All queues of one account in one region.
#[derive(Clone, Debug)]
pub struct Sqs {
    pub(super) account: String,
    pub(super) region: String,
    /// What the URLs of queues begin with.
    pub(super) endpoint: String,
    pub(super) knobs: Knobs,
    /// By ARN.
    pub(crate) queues: BTreeMap<String, Queue>,
    /// When queues were deleted, by ARN.
    pub(super) deleted: BTreeMap<String, DateTime<Utc>>,
    /// Oldest first.
    pub(super) tasks: Vec<MoveTask>,
    id_namespace: Uuid,
    counter: u64,
    dice: Dice,
    tally: Tally,
}

impl Sqs {
    /// A region without queues. Ids and chance follow from `seed`.
    pub fn new(account: &str, region: &str, seed: u64) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            endpoint: format!("https://sqs.{region}.amazonaws.com"),
            knobs: Knobs::default(),
            queues: BTreeMap::new(),
            deleted: BTreeMap::new(),
            tasks: Vec::new(),
            id_namespace: Uuid::new_v5(
                &Uuid::NAMESPACE_OID,
                format!("sqs {account} {region} {seed}").as_bytes(),
            ),
            counter: 0,
            dice: Dice::new(seed),
            tally: Tally::default(),
        }
    }

    /// Sets what AWS leaves open or to chance.
    pub fn set_knobs(&mut self, knobs: Knobs) {
        self.knobs = knobs;
    }

    /// Makes the URLs of all queues begin with `endpoint`.
    pub fn set_endpoint(&mut self, endpoint: &str) {
        endpoint.clone_into(&mut self.endpoint);
        for queue in self.queues.values_mut() {
            queue.url = format!("{endpoint}/{}/{}", self.account, queue.name);
        }
    }

    /// Creates a queue that a template declares, or brings an existing one to the template's
    /// settings.
    pub fn create(&mut self, now: DateTime<Utc>, queue: &stack::Queue) {
        let settings = Settings::from_template(queue);
        match self.queues.get_mut(&queue.arn) {
            Some(existing) => existing.configure(now, settings),
            None => {
                self.queues.insert(
                    queue.arn.clone(),
                    Queue::new(&queue.name, &queue.arn, &queue.url, settings, now),
                );
            }
        }
    }

    /// Sends a message on behalf of another service.
    ///
    /// # Errors
    /// Those of `SendMessage`.
    pub fn send(
        &mut self,
        now: DateTime<Utc>,
        queue_arn: &str,
        message: NewMessage,
    ) -> Result<Sent, ServiceError> {
        self.advance(now);
        let order = self.next_number();
        let id = self.next_id();
        let queue = self
            .queues
            .get_mut(queue_arn)
            .ok_or_else(queue_does_not_exist)?;
        check(&message, &queue.settings)?;
        let fifo = queue.settings.fifo;
        let sent = Sent {
            message_id: id,
            sequence_number: fifo.then(|| sequence_number(order)),
            duplicate: false,
        };
        let mut deduplication = None;
        if fifo {
            let id = deduplication_id(&message, &queue.settings)?;
            if let Some(first) = queue.repeated(now, &message, &id, &sent) {
                return Ok(first);
            }
            deduplication = Some(id);
        }
        let delay = message
            .delay_seconds
            .filter(|_| !fifo)
            .unwrap_or(queue.settings.delay_seconds);
        let cause = message
            .cause
            .unwrap_or_else(|| Key::of("message").text(queue_arn).text(&message.body));
        let message = Message {
            id,
            cause: self.tally.next(cause),
            body: message.body,
            attributes: message.attributes,
            group_id: message.group_id,
            deduplication_id: deduplication,
            sequence_number: sent.sequence_number.clone(),
            trace_header: message.trace_header,
            dead_letter_source_arn: None,
            sent_at: now,
            receive_count: 0,
            first_received_at: None,
            visible_at: now + TimeDelta::seconds(delay.into()),
            hold: Hold::Delay,
            receives_here: 0,
            received_at: now,
            misses: 0,
        };
        queue.add(order, message);
        Ok(sent)
    }

    /// Receives for another service, as a long poll does: no message is missed by chance. The
    /// caller waits, if it wants to.
    ///
    /// # Errors
    /// `QueueDoesNotExist`.
    pub fn receive(
        &mut self,
        now: DateTime<Utc>,
        queue_arn: &str,
        maximum: usize,
        visibility_override: Option<u32>,
    ) -> Result<Vec<Received>, ServiceError> {
        self.take(now, queue_arn, maximum, visibility_override, false)
    }

    pub(super) fn take(
        &mut self,
        now: DateTime<Utc>,
        queue_arn: &str,
        maximum: usize,
        visibility: Option<u32>,
        short_poll: bool,
    ) -> Result<Vec<Received>, ServiceError> {
        self.advance(now);
        let queue = self
            .queues
            .get(queue_arn)
            .ok_or_else(queue_does_not_exist)?;
        let fifo = queue.settings.fifo;
        let room = self
            .knobs
            .in_flight_maximum
            .saturating_sub(queue.messages().count_in_flight(now));
        if room == 0 && short_poll && !fifo {
            return Err(ServiceError::client(
                "OverLimit",
                "Too many messages in flight.",
            ));
        }
        let redrive = queue
            .settings
            .redrive
            .clone()
            .filter(|redrive| self.fifo(&redrive.dead_letter_arn) == Some(fifo));
        let (dice, knobs) = (self.dice, self.knobs);
        let queue = self
            .queues
            .get_mut(queue_arn)
            .ok_or_else(queue_does_not_exist)?;
        let (received, dead) = queue.receive(&Receive {
            now,
            maximum: maximum.min(room),
            visibility_seconds: visibility.unwrap_or(queue.settings.visibility_timeout_seconds),
            max_receive_count: redrive.as_ref().map(|redrive| redrive.max_receive_count),
            misses_per_mille: if short_poll {
                knobs.short_poll_misses_per_mille
            } else {
                0
            },
            duplicates_per_mille: knobs.duplicates_per_mille,
            dice,
        });
        if let Some(redrive) = redrive {
            dead.into_iter()
                .for_each(|message| self.bury(now, queue_arn, &redrive.dead_letter_arn, message));
        }
        Ok(received)
    }

    /// Moves a message to its dead-letter queue. A standard queue keeps the time of sending, so
    /// that retention runs on; a FIFO queue starts it anew.
    fn bury(
        &mut self,
        now: DateTime<Utc>,
        source_arn: &str,
        dead_letter_arn: &str,
        mut message: Message,
    ) {
        let order = self.next_number();
        let Some(queue) = self.queues.get_mut(dead_letter_arn) else {
            return;
        };
        if queue.settings.fifo {
            message.sent_at = now;
            message.sequence_number = Some(sequence_number(order));
        }
        message.dead_letter_source_arn = Some(source_arn.to_owned());
        message.visible_at = now;
        message.hold = Hold::Delay;
        message.receives_here = 0;
        queue.add(order, message);
        queue.advance(now);
    }

    /// Deletes a received message.
    ///
    /// # Errors
    /// `QueueDoesNotExist`, `ReceiptHandleIsInvalid`, and `InvalidParameterValue` for a FIFO handle
    /// that has expired.
    pub fn delete(
        &mut self,
        now: DateTime<Utc>,
        queue_arn: &str,
        receipt_handle: &str,
    ) -> Result<(), ServiceError> {
        self.advance(now);
        let stale_deletes_work = self.knobs.stale_deletes_work;
        self.queue_mut(queue_arn)?
            .delete(now, receipt_handle, stale_deletes_work)
    }

    /// Hides a received message for another time, counted from now; 0 returns it at once.
    ///
    /// # Errors
    /// Those of `ChangeMessageVisibility`.
    pub fn change_visibility(
        &mut self,
        now: DateTime<Utc>,
        queue_arn: &str,
        receipt_handle: &str,
        seconds: u32,
    ) -> Result<(), ServiceError> {
        self.advance(now);
        self.queue_mut(queue_arn)?
            .change_visibility(now, receipt_handle, seconds)
    }

    /// The queue exists.
    pub fn exists(&self, arn: &str) -> bool {
        self.queues.contains_key(arn)
    }

    /// Whether the queue is a FIFO queue; nothing if it does not exist.
    pub fn fifo(&self, arn: &str) -> Option<bool> {
        self.queues.get(arn).map(|queue| queue.settings.fifo)
    }

    /// Whether the policy that the queue has as an attribute lets a service send on behalf of a
    /// resource.
    pub fn may_send(&self, service: &str, arn: &str, source_arn: &str) -> bool {
        let policy = self
            .queues
            .get(arn)
            .and_then(|queue| queue.settings.policy.as_ref());
        policy.is_some_and(|(_, document)| {
            document.allows_service(service, "sqs:SendMessage", arn, source_arn)
        })
    }

    /// The FIFO queue deduplicates by content; false for every other queue.
    pub fn deduplicates_by_content(&self, arn: &str) -> bool {
        self.queues
            .get(arn)
            .is_some_and(|queue| queue.settings.fifo && queue.settings.content_based_deduplication)
    }

    /// Messages that wait for a consumer, those of busy FIFO groups included.
    pub fn visible(&self, now: DateTime<Utc>, arn: &str) -> usize {
        self.count(arn, |messages| messages.count_visible(now))
    }

    /// Messages that a consumer has.
    pub fn in_flight(&self, now: DateTime<Utc>, arn: &str) -> usize {
        self.count(arn, |messages| messages.count_in_flight(now))
    }

    /// Messages that wait for the end of their delay.
    pub fn delayed(&self, now: DateTime<Utc>, arn: &str) -> usize {
        self.count(arn, |messages| messages.count_delayed(now))
    }

    /// From when on so many messages are visible if nobody acts meanwhile; in the past if they are
    /// so now, and never where there are too few.
    pub(crate) fn visible_from(&self, arn: &str, count: usize) -> Option<DateTime<Utc>> {
        self.queues.get(arn)?.messages().visible_from(count)
    }

    fn count(&self, arn: &str, count: impl Fn(&MessageStore) -> usize) -> usize {
        let queue = self.queues.get(arn);
        queue.map_or(0, |queue| count(queue.messages()))
    }

    /// All messages of a queue in order of arrival, hidden ones too. Looking changes nothing.
    pub fn messages(&self, arn: &str) -> Vec<&Message> {
        self.queues
            .get(arn)
            .map(|queue| queue.messages().iter().collect())
            .unwrap_or_default()
    }

    /// When a receive next finds a message if nobody acts meanwhile; a time in the past means at
    /// once. A busy FIFO group counts as free when its visibility timeouts are over. A long poll
    /// also has to look after every send and delete.
    pub fn next_visible(&self, arn: &str) -> Option<DateTime<Utc>> {
        self.queues.get(arn).and_then(Queue::next_visible)
    }

    /// When [`Self::advance`] has something to do that others see: retention or a move task.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let expiry = self.queues.values().filter_map(Queue::expires_at);
        let moves = self
            .tasks
            .iter()
            .filter(|task| task.is_active())
            .map(|task| task.next_move_at);
        expiry.chain(moves).min()
    }

    /// Does what is due: drops expired messages and runs move tasks. Every operation does this
    /// first.
    pub fn advance(&mut self, now: DateTime<Utc>) {
        self.run_tasks(now);
        for queue in self.queues.values_mut() {
            queue.advance(now);
        }
    }

    pub(super) fn queue_mut(&mut self, arn: &str) -> Result<&mut Queue, ServiceError> {
        self.queues.get_mut(arn).ok_or_else(queue_does_not_exist)
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    pub(super) fn next_id(&mut self) -> Uuid {
        let number = self.next_number();
        Uuid::new_v5(&self.id_namespace, &number.to_be_bytes())
    }
}

/// The sequence number of the message that arrived at this place in the order of all.
pub(super) fn sequence_number(order: u64) -> String {
    (FIRST_SEQUENCE_NUMBER + u128::from(order) * SEQUENCE_NUMBER_STEP).to_string()
}

fn check(message: &NewMessage, settings: &Settings) -> Result<(), ServiceError> {
    if message.body.is_empty() {
        return Err(missing("MessageBody"));
    }
    if !is_valid_text(&message.body) {
        return Err(ServiceError::client(
            "InvalidMessageContents",
            VALID_CHARACTERS,
        ));
    }
    attribute::check_all(&message.attributes)?;
    let maximum = settings.maximum_message_size_bytes;
    if message.size_bytes() > maximum as usize {
        return Err(invalid_parameter(format!(
            "One or more parameters are invalid. Reason: Message must be shorter than {maximum} bytes."
        )));
    }
    for (name, id) in [
        ("MessageGroupId", &message.group_id),
        ("MessageDeduplicationId", &message.deduplication_id),
    ] {
        let valid = |id: &str| {
            (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if let Some(id) = id.as_deref().filter(|id| !valid(id)) {
            return Err(invalid_value(
                id,
                name,
                format!(
                    "{name} can only include alphanumeric and punctuation characters. 1 to 128 in length."
                ),
            ));
        }
    }
    match (
        settings.fifo,
        message.delay_seconds,
        &message.deduplication_id,
    ) {
        (true, Some(delay @ 1..), _) => Err(invalid_value(
            delay,
            "DelaySeconds",
            "The request include parameter that is not valid for this queue type.",
        )),
        (false, Some(delay @ 901..), _) => Err(invalid_value(
            delay,
            "DelaySeconds",
            "DelaySeconds must be >= 0 and <= 900.",
        )),
        (false, _, Some(id)) => Err(invalid_value(
            id,
            "MessageDeduplicationId",
            "The request includes a parameter that is not valid for this queue type.",
        )),
        (true, _, _) if message.group_id.is_none() => Err(missing("MessageGroupId")),
        _ => Ok(()),
    }
}

fn deduplication_id(message: &NewMessage, settings: &Settings) -> Result<String, ServiceError> {
    let by_content = || {
        settings
            .content_based_deduplication
            .then(|| sha256_hex(message.body.as_bytes()))
    };
    message.deduplication_id.clone().or_else(by_content).ok_or_else(|| {
        invalid_parameter("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
    })
}
