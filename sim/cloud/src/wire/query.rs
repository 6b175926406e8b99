//! The query protocol of SQS: a form in, XML out. Clients of before November 2023 speak it. A form
//! becomes the input of the JSON protocol, and its output becomes XML, so that there is one
//! implementation of the service.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value, json};

use super::rest::pairs;
use super::xml::{self, escape};
use super::{Call, Service, with_body};
use crate::error::ServiceError;

/// Lists of a form, and what they are called in JSON.
const LISTS: [(&str, &str); 4] = [
    ("AttributeName", "AttributeNames"),
    ("MessageAttributeName", "MessageAttributeNames"),
    ("MessageSystemAttributeName", "MessageSystemAttributeNames"),
    ("TagKey", "TagKeys"),
];

/// Maps of a form: their name, that of a key and of a value, and what they are called in JSON.
const MAPS: [(&str, &str, &str, &str); 4] = [
    ("Attribute", "Name", "Value", "Attributes"),
    ("MessageAttribute", "Name", "Value", "MessageAttributes"),
    (
        "MessageSystemAttribute",
        "Name",
        "Value",
        "MessageSystemAttributes",
    ),
    ("Tag", "Key", "Value", "Tags"),
];

/// Parameters that are whole numbers in JSON.
const NUMBERS: [&str; 6] = [
    "DelaySeconds",
    "MaxNumberOfMessages",
    "VisibilityTimeout",
    "WaitTimeSeconds",
    "MaxResults",
    "MaxNumberOfMessagesPerSecond",
];

/// The most entries of one list that are read.
const ENTRIES_MAX: usize = 64;

/// Reads a request, if it is one of the query protocol.
pub(super) fn read(request: &Request<Bytes>) -> Option<Result<(Call, Value), ServiceError>> {
    let is_form = request
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let body = if is_form {
        String::from_utf8_lossy(request.body())
    } else {
        "".into()
    };
    let form: BTreeMap<String, String> = pairs(request.uri().query().unwrap_or_default())
        .chain(pairs(&body))
        .collect();
    if !is_form && !form.contains_key("Action") {
        return None;
    }
    let Some(action) = form.get("Action").filter(|action| !action.is_empty()) else {
        return Some(Err(ServiceError::client(
            "MissingAction",
            "The request must contain the parameter Action.",
        )));
    };
    let mut input = Value::Object(Form { form: &form }.structure(""));
    // Older clients name the queue by the path alone.
    if input.get("QueueUrl").is_none() && request.uri().path().len() > 1 {
        input["QueueUrl"] = request.uri().path().into();
    }
    // In the JSON of CreateQueue tags are written small.
    if action == "CreateQueue"
        && let Some(tags) = input.get("Tags").cloned()
    {
        input["tags"] = tags;
    }
    Some(Ok((
        Call {
            service: Service::Sqs,
            operation: action.clone(),
        },
        input,
    )))
}

struct Form<'a> {
    form: &'a BTreeMap<String, String>,
}

impl Form<'_> {
    /// Everything below `prefix` (empty, or ending in a dot) as an object.
    fn structure(&self, prefix: &str) -> Map<String, Value> {
        let mut input = Map::new();
        let below = self
            .form
            .range(prefix.to_owned()..)
            .map_while(|(key, value)| Some((key.strip_prefix(prefix)?, value)));
        for (key, value) in below {
            if !key.contains('.') && !matches!(key, "Action" | "Version") {
                let number = if NUMBERS.contains(&key) {
                    value.parse::<i64>().ok()
                } else {
                    None
                };
                input.insert(
                    key.to_owned(),
                    number.map_or_else(|| value.as_str().into(), Value::from),
                );
            }
        }
        for (name, member) in LISTS {
            let items: Vec<Value> = self
                .numbered(&format!("{prefix}{name}"))
                .filter_map(|item| self.form.get(&item))
                .map(|text| text.as_str().into())
                .collect();
            if !items.is_empty() {
                input.insert(member.to_owned(), items.into());
            }
        }
        for (name, key, value, member) in MAPS {
            let map = self.map(&format!("{prefix}{name}"), key, value);
            if !map.is_empty() {
                input.insert(member.to_owned(), map.into());
            }
        }
        if prefix.is_empty() {
            let entries = self.entries();
            if !entries.is_empty() {
                input.insert("Entries".to_owned(), entries.into());
            }
        }
        input
    }

    /// `NAME.1`, `NAME.2`, ... as far as the form goes.
    fn numbered<'a>(&'a self, name: &str) -> impl Iterator<Item = String> + use<'a> {
        let name = name.to_owned();
        let is_there = |item: &String| {
            let below = format!("{item}.");
            self.form.contains_key(item)
                || self
                    .form
                    .range(below.clone()..)
                    .next()
                    .is_some_and(|(key, _)| key.starts_with(&below))
        };
        (1..=ENTRIES_MAX)
            .map(move |index| format!("{name}.{index}"))
            .take_while(is_there)
    }

    fn map(&self, name: &str, key: &str, value: &str) -> Map<String, Value> {
        let pair = |item: String| {
            let name = self.form.get(&format!("{item}.{key}"))?.clone();
            if let Some(text) = self.form.get(&format!("{item}.{value}")) {
                return Some((name, text.as_str().into()));
            }
            let parts = ["StringValue", "BinaryValue", "DataType"];
            let parts = parts.iter().filter_map(|part| {
                Some((
                    (*part).to_owned(),
                    self.form
                        .get(&format!("{item}.{value}.{part}"))?
                        .as_str()
                        .into(),
                ))
            });
            Some((name, Value::Object(parts.collect())))
        };
        self.numbered(name).filter_map(pair).collect()
    }

    fn entries(&self) -> Vec<Value> {
        let lists = [
            "SendMessageBatchRequestEntry",
            "DeleteMessageBatchRequestEntry",
            "ChangeMessageVisibilityBatchRequestEntry",
        ];
        lists
            .iter()
            .flat_map(|list| self.numbered(list))
            .map(|item| Value::Object(self.structure(&format!("{item}."))))
            .collect()
    }
}

pub(super) fn answer(
    operation: Option<&str>,
    result: Result<Value, ServiceError>,
    request_id: &str,
) -> Response<Bytes> {
    let id = escape(request_id);
    match (operation, result) {
        (Some(operation), Ok(output)) => {
            let result = xml::members(operation, &output);
            let result = if result.is_empty() {
                result
            } else {
                format!("<{operation}Result>{result}</{operation}Result>")
            };
            let body = format!(
                "<?xml version=\"1.0\"?><{operation}Response xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">{result}<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
            );
            with_body(200, "text/xml", body, request_id, &[])
        }
        (_, Err(error)) => {
            let sender = if error.status < 500 {
                "Sender"
            } else {
                "Receiver"
            };
            let body = format!(
                "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\"><Error><Type>{sender}</Type><Code>{}</Code><Message>{}</Message><Detail/></Error><RequestId>{id}</RequestId></ErrorResponse>",
                escape(code_of(&error.code)),
                escape(&error.message),
            );
            with_body(error.status, "text/xml", body, request_id, &[])
        }
        (None, Ok(output)) => answer(
            None,
            Err(ServiceError::client(
                "InternalFailure",
                json!(output).to_string(),
            )),
            request_id,
        ),
    }
}

/// The code of an error in the query protocol.
pub(super) fn code_of(code: &str) -> &str {
    match code {
        "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue",
        "QueueNameExists" => "QueueAlreadyExists",
        "QueueDeletedRecently" => "AWS.SimpleQueueService.QueueDeletedRecently",
        "PurgeQueueInProgress" => "AWS.SimpleQueueService.PurgeQueueInProgress",
        "EmptyBatchRequest" => "AWS.SimpleQueueService.EmptyBatchRequest",
        "TooManyEntriesInBatchRequest" => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        "BatchEntryIdsNotDistinct" => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
        "BatchRequestTooLong" => "AWS.SimpleQueueService.BatchRequestTooLong",
        "InvalidBatchEntryId" => "AWS.SimpleQueueService.InvalidBatchEntryId",
        "MessageNotInflight" => "AWS.SimpleQueueService.MessageNotInflight",
        "UnsupportedOperation" => "AWS.SimpleQueueService.UnsupportedOperation",
        "UnknownOperationException" => "InvalidAction",
        other => other,
    }
}
