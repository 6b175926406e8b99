//! What receivers get of a message.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::SecondsFormat;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::attribute::shown;
use super::publication::Published;
use super::subscription::Subscription;
use crate::json_text::push_quoted;

/// The body of a message for a queue: the text alone, or the notification as SNS writes it.
pub(crate) fn queue_body(published: &Published, subscription: &Subscription) -> String {
    let publication = &published.publication;
    let text = publication.text_for(&subscription.protocol);
    if subscription.is_raw {
        return text.to_string();
    }
    let links = Links::of(published, subscription);
    let timestamp = timestamp(published);
    let mut members = vec![("Type", "Notification"), ("MessageId", &published.id)];
    if let Some(number) = &published.sequence_number {
        members.push(("SequenceNumber", number));
    }
    members.push(("TopicArn", &published.topic_arn));
    if let Some(subject) = &publication.subject {
        members.push(("Subject", subject));
    }
    members.push(("Message", text));
    members.push(("Timestamp", &timestamp));
    // FIFO topics do not sign.
    if published.sequence_number.is_none() {
        members.push(("SignatureVersion", "1"));
        members.push(("Signature", &links.signature));
        members.push(("SigningCertURL", &links.certificate));
    }
    members.push(("UnsubscribeURL", &links.unsubscribe));
    let mut body = String::from("{");
    for (place, (name, value)) in members.into_iter().enumerate() {
        body.push_str(if place == 0 { "\n  " } else { ",\n  " });
        push_quoted(&mut body, name);
        body.push_str(" : ");
        push_quoted(&mut body, value);
    }
    push_attributes(&mut body, published);
    body.push_str("\n}");
    body
}

fn push_attributes(body: &mut String, published: &Published) {
    let attributes = &published.publication.attributes;
    if attributes.is_empty() {
        return;
    }
    body.push_str(",\n  \"MessageAttributes\" : {");
    for (place, (name, attribute)) in attributes.iter().enumerate() {
        body.push_str(if place == 0 { "\n    " } else { ",\n    " });
        push_quoted(body, name);
        body.push_str(" : {\"Type\":");
        push_quoted(body, &attribute.data_type);
        body.push_str(",\"Value\":");
        push_quoted(body, &shown(attribute));
        body.push('}');
    }
    body.push_str("\n  }");
}

/// The event of a function.
pub(crate) fn lambda_event(published: &Published, subscription: &Subscription) -> String {
    let publication = &published.publication;
    let links = Links::of(published, subscription);
    let attributes: Map<String, Value> = publication
        .attributes
        .iter()
        .map(|(name, attribute)| {
            let shown = json!({ "Type": attribute.data_type, "Value": shown(attribute) });
            (name.clone(), shown)
        })
        .collect();
    let notification = json!({
        "Type": "Notification",
        "MessageId": published.id,
        "TopicArn": published.topic_arn,
        "Subject": publication.subject,
        "Message": &**publication.text_for(&subscription.protocol),
        "Timestamp": timestamp(published),
        "SignatureVersion": "1",
        "Signature": links.signature,
        "SigningCertUrl": links.certificate,
        "UnsubscribeUrl": links.unsubscribe,
        "MessageAttributes": attributes,
    });
    let record = json!({
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": notification,
    });
    json!({ "Records": [record] }).to_string()
}

fn timestamp(published: &Published) -> String {
    published.at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

struct Links {
    signature: String,
    certificate: String,
    unsubscribe: String,
}

impl Links {
    fn of(published: &Published, subscription: &Subscription) -> Self {
        let mut arn = published.topic_arn.split(':');
        let partition = arn.nth(1).unwrap_or_default();
        let region = arn.nth(1).unwrap_or_default();
        let domain = if partition == "aws-cn" {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        let host = format!("https://sns.{region}.{domain}");
        // Nobody here has AWS's key: this only looks like a signature, and differs as one does.
        let digest = Sha256::digest(format!("{}/{}", published.id, published.topic_arn));
        Self {
            signature: STANDARD.encode(digest),
            certificate: format!("{host}/SimpleNotificationService-simulated.pem"),
            unsubscribe: format!(
                "{host}/?Action=Unsubscribe&SubscriptionArn={}",
                subscription.arn
            ),
        }
    }
}
