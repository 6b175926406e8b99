//! The query protocol: a form in, XML out. SNS speaks it, and clients of SQS of before November
//! 2023. A form becomes the parameters of the service's model, as they are in JSON, and the output
//! becomes XML, so that there is one implementation of a service.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value};

use super::call::Call;
use super::error::ServiceError;
use super::form::{nested, pairs};
use super::scope::CredentialScope;
use super::service::Service;
use super::with_body;
use super::xml::{self, escape};

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

/// The version of the model of SNS, which its requests name.
const SNS_VERSION: &str = "2010-03-31";

/// Reads a request, if it is one of the query protocol.
pub(super) fn read(
    request: &Request<Bytes>,
    scope: Option<&CredentialScope>,
) -> Option<Result<Call, ServiceError>> {
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
    let mut form: BTreeMap<String, String> = pairs(request.uri().query().unwrap_or_default())
        .chain(pairs(&body))
        .collect();
    if !is_form && !form.contains_key("Action") {
        return None;
    }
    let Some(operation) = form.remove("Action").filter(|action| !action.is_empty()) else {
        return Some(Err(ServiceError::client(
            "MissingAction",
            "The request must contain the parameter Action.",
        )));
    };
    let version = form.remove("Version");
    let service = service_of(scope, version.as_deref());
    let parameters = match service {
        Service::Sqs => sqs_parameters(&form, &operation, request.uri().path()),
        _ => nested(&form),
    };
    Some(Ok(Call {
        service,
        operation,
        parameters: Ok(parameters),
    }))
}

/// Who signs says for which service; else the version tells the two apart that speak this.
fn service_of(scope: Option<&CredentialScope>, version: Option<&str>) -> Service {
    scope
        .and_then(|scope| Service::named(&scope.service))
        .unwrap_or(if version == Some(SNS_VERSION) {
            Service::Sns
        } else {
            Service::Sqs
        })
}

fn sqs_parameters(form: &BTreeMap<String, String>, operation: &str, path: &str) -> Value {
    let mut input = Value::Object(Form { form }.structure(""));
    // Older clients name the queue by the path alone.
    if input.get("QueueUrl").is_none() && path.len() > 1 {
        input["QueueUrl"] = path.into();
    }
    // In the JSON of CreateQueue tags are written small.
    if operation == "CreateQueue"
        && let Some(tags) = input.get("Tags").cloned()
    {
        input["tags"] = tags;
    }
    input
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
            if !key.contains('.') {
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

/// The answer to a call, or to a request that names none.
pub(super) fn answer(
    call: Option<&Call>,
    result: Result<Value, ServiceError>,
    request_id: &str,
) -> Response<Bytes> {
    let (id, namespace) = (escape(request_id), namespace(call.map(|call| call.service)));
    match (call, result) {
        (
            Some(Call {
                service, operation, ..
            }),
            Ok(output),
        ) => {
            let members = match service {
                Service::Sns => xml::sns_members(&output),
                _ => xml::members(operation, &output),
            };
            let result = if members.is_empty() {
                members
            } else {
                format!("<{operation}Result>{members}</{operation}Result>")
            };
            let body = format!(
                "<?xml version=\"1.0\"?><{operation}Response xmlns=\"{namespace}\">{result}<ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
            );
            with_body(200, "text/xml", body, request_id, &[])
        }
        (None, Ok(_)) => {
            let error = ServiceError::client("InternalFailure", "An answer to no operation.");
            answer(None, Err(error), request_id)
        }
        (_, Err(error)) => {
            let sender = if error.status < 500 {
                "Sender"
            } else {
                "Receiver"
            };
            let body = format!(
                "<?xml version=\"1.0\"?><ErrorResponse xmlns=\"{namespace}\"><Error><Type>{sender}</Type><Code>{}</Code><Message>{}</Message><Detail/></Error><RequestId>{id}</RequestId></ErrorResponse>",
                escape(error.query_code()),
                escape(&error.message),
            );
            with_body(error.status, "text/xml", body, request_id, &[])
        }
    }
}

fn namespace(service: Option<Service>) -> &'static str {
    match service {
        Some(Service::Sns) => "http://sns.amazonaws.com/doc/2010-03-31/",
        _ => "http://queue.amazonaws.com/doc/2012-11-05/",
    }
}
