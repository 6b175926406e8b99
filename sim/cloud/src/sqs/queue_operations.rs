use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::error::{invalid_parameter, invalid_value, queue_does_not_exist, unknown_attribute};
use super::operations::nothing;
use super::queue::Queue;
use super::request::{integer, pairs, required, text, texts};
use super::service::Sqs;
use super::settings::{NAMES, Settings};
use crate::error::ServiceError;

/// Attributes that no owner sets.
const DERIVED_NAMES: [&str; 6] = [
    "QueueArn",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
];
const COOL_DOWN: TimeDelta = TimeDelta::seconds(60);
const PAGE_MAX: usize = 1000;

impl Sqs {
    pub(super) fn create_queue(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let name = required(input, "QueueName")?;
        let attributes = pairs(input, "Attributes");
        let fifo = attributes
            .iter()
            .any(|(name, value)| *name == "FifoQueue" && value.eq_ignore_ascii_case("true"));
        check_name(name, fifo)?;
        let mut settings = Settings::new(fifo);
        for (attribute, value) in &attributes {
            // A standard queue is one that is not asked to be FIFO; saying so is refused.
            if *attribute == "FifoQueue" && !fifo {
                return Err(unknown_attribute(attribute));
            }
            settings.set(attribute, value)?;
        }
        let arn = format!("arn:aws:sqs:{}:{}:{name}", self.region, self.account);
        if let Some(existing) = self.queues.get(&arn) {
            if let Some((different, _)) = attributes
                .iter()
                .find(|(name, _)| existing.settings.get(name) != settings.get(name))
            {
                let message = format!(
                    "A queue already exists with the same name and a different value for attribute {different}"
                );
                return Err(ServiceError::client("QueueNameExists", message));
            }
            return Ok(json!({"QueueUrl": existing.url}));
        }
        if self
            .deleted
            .get(&arn)
            .is_some_and(|deleted| *deleted + COOL_DOWN > now)
        {
            let message = "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
            return Err(ServiceError::client("QueueDeletedRecently", message));
        }
        self.check_dead_letter_queue(&settings)?;
        let url = format!("{}/{}/{name}", self.endpoint, self.account);
        let mut queue = Queue::new(name, &arn, &url, settings, now);
        queue.tags = pairs(input, "tags")
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        self.queues.insert(arn, queue);
        Ok(json!({ "QueueUrl": url }))
    }

    pub(super) fn delete_queue(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        self.queues.remove(&arn);
        self.deleted.insert(arn, now);
        Ok(nothing())
    }

    /// AWS takes up to 60 s and may take messages sent meanwhile; here a purge is done at once,
    /// with what is in flight.
    pub(super) fn purge_queue(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        let queue = self.queue_mut(&arn)?;
        if queue
            .purged_at
            .is_some_and(|purged| purged + COOL_DOWN > now)
        {
            let message = format!(
                "Only one PurgeQueue operation on {} is allowed every 60 seconds.",
                queue.name
            );
            return Err(ServiceError {
                status: 403,
                ..ServiceError::client("PurgeQueueInProgress", message)
            });
        }
        queue.purged_at = Some(now);
        queue.clear();
        Ok(nothing())
    }

    pub(super) fn get_queue_url(&self, input: &Value) -> Result<Value, ServiceError> {
        let name = required(input, "QueueName")?;
        let owner = text(input, "QueueOwnerAWSAccountId").unwrap_or(&self.account);
        let queue = self
            .queues
            .values()
            .find(|queue| queue.name == name && owner == self.account);
        queue
            .map(|queue| json!({"QueueUrl": queue.url}))
            .ok_or_else(queue_does_not_exist)
    }

    pub(super) fn get_queue_attributes(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        let queue = self.queue_mut(&arn)?;
        let known = || NAMES.into_iter().chain(DERIVED_NAMES);
        let wanted = texts(input, "AttributeNames");
        if let Some(unknown) = wanted
            .iter()
            .find(|name| **name != "All" && !known().any(|known| known == **name))
        {
            return Err(unknown_attribute(unknown));
        }
        let asked = |name: &str| wanted.contains(&"All") || wanted.contains(&name);
        let shown = known().filter(|name| asked(name)).filter_map(|name| {
            let value = queue
                .settings
                .get(name)
                .or_else(|| derived(queue, name, now))?;
            Some((name.to_owned(), Value::from(value)))
        });
        let shown: Map<String, Value> = shown.collect();
        Ok(if shown.is_empty() {
            nothing()
        } else {
            json!({ "Attributes": shown })
        })
    }

    pub(super) fn set_queue_attributes(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        let mut settings = self.queue_mut(&arn)?.settings.clone();
        for (name, value) in pairs(input, "Attributes") {
            settings.set(name, value)?;
        }
        self.check_dead_letter_queue(&settings)?;
        self.queue_mut(&arn)?.configure(now, settings);
        Ok(nothing())
    }

    pub(super) fn list_queues(&self, input: &Value) -> Result<Value, ServiceError> {
        let prefix = text(input, "QueueNamePrefix").unwrap_or_default();
        let urls = self
            .queues
            .values()
            .filter(|queue| queue.name.starts_with(prefix))
            .map(|queue| queue.url.as_str())
            .collect();
        page(input, "QueueUrls", urls)
    }

    pub(super) fn list_dead_letter_source_queues(
        &self,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        let urls = self
            .sources_of(&arn)
            .map(|queue| queue.url.as_str())
            .collect();
        page(input, "queueUrls", urls)
    }

    pub(super) fn tag_queue(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        let tags = pairs(input, "Tags")
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()));
        self.queue_mut(&arn)?.tags.extend(tags);
        Ok(nothing())
    }

    pub(super) fn untag_queue(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        let gone = texts(input, "TagKeys");
        self.queue_mut(&arn)?
            .tags
            .retain(|key, _| !gone.contains(&key.as_str()));
        Ok(nothing())
    }

    pub(super) fn list_queue_tags(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        let tags = &self.queue_mut(&arn)?.tags;
        Ok(if tags.is_empty() {
            nothing()
        } else {
            json!({ "Tags": tags })
        })
    }

    /// The queues whose dead letters go to this one.
    pub(super) fn sources_of(&self, dead_letter_arn: &str) -> impl Iterator<Item = &Queue> {
        let names = move |queue: &&Queue| {
            queue
                .settings
                .redrive
                .as_ref()
                .is_some_and(|redrive| redrive.dead_letter_arn == dead_letter_arn)
        };
        self.queues.values().filter(names)
    }

    fn check_dead_letter_queue(&self, settings: &Settings) -> Result<(), ServiceError> {
        let Some(redrive) = &settings.redrive else {
            return Ok(());
        };
        let reason = match self.fifo(&redrive.dead_letter_arn) {
            Some(fifo) if fifo == settings.fifo => return Ok(()),
            Some(_) => "Dead-letter queue must be same type of queue as the source.",
            None => "Dead letter target does not exist.",
        };
        Err(invalid_value(
            settings.get("RedrivePolicy").unwrap_or_default(),
            "RedrivePolicy",
            reason,
        ))
    }
}

fn derived(queue: &Queue, name: &str, now: DateTime<Utc>) -> Option<String> {
    match name {
        "QueueArn" => Some(queue.arn.clone()),
        "ApproximateNumberOfMessages" => {
            Some(queue.count(|message| message.is_visible(now)).to_string())
        }
        "ApproximateNumberOfMessagesNotVisible" => {
            Some(queue.count(|message| message.is_in_flight(now)).to_string())
        }
        "ApproximateNumberOfMessagesDelayed" => {
            Some(queue.count(|message| message.is_delayed(now)).to_string())
        }
        "CreatedTimestamp" => Some(queue.created_at.timestamp().to_string()),
        "LastModifiedTimestamp" => Some(queue.modified_at.timestamp().to_string()),
        _ => None,
    }
}

fn check_name(name: &str, fifo: bool) -> Result<(), ServiceError> {
    let stem = if fifo {
        name.strip_suffix(".fifo")
    } else {
        Some(name)
    };
    let valid = |stem: &str| {
        !stem.is_empty()
            && stem
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    if name.len() > 80 || !stem.is_some_and(valid) {
        return Err(invalid_parameter(
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        ));
    }
    Ok(())
}

/// One page of a list; the token is the place where the next one starts.
fn page(input: &Value, name: &str, urls: Vec<&str>) -> Result<Value, ServiceError> {
    let limit = integer(
        input,
        "MaxResults",
        1..=1000,
        "MaxResults must be an integer between 1 and 1000.",
    )?;
    let start: usize = text(input, "NextToken")
        .and_then(|token| token.parse().ok())
        .unwrap_or(0);
    let end = (start + limit.map_or(PAGE_MAX, |limit| limit as usize)).min(urls.len());
    let mut answer = json!({ name: urls.get(start..end).unwrap_or_default() });
    if limit.is_some() && end < urls.len() {
        answer["NextToken"] = end.to_string().into();
    }
    Ok(answer)
}
