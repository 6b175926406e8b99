//! The deployment's own secrets, by value: whoever has been told one of them may tell it back, in
//! an answer, a refusal or an event, and nothing of that may reach a log, an answer, a dead letter
//! or a mail. So what comes from outside is masked where it comes in.

use std::borrow::Cow;
use std::fmt;

use aws_smithy_types::base64;
use serde_json::Value;

use crate::config::{AlpacaSettings, EmailSettings, Settings};
use crate::redact::MASK;

/// A shorter one would be found in ordinary words.
const SHORTEST: usize = 4;

/// Secrets, in every form in which somebody may write them.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The longest first, for one may be part of another.
    forms: Vec<String>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secrets")
    }
}

impl Secrets {
    /// All secrets of a deployment.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let (broker, mail) = (
            Self::of_broker(&settings.alpaca),
            Self::of_mail(&settings.email),
        );
        Self::sorted(broker.forms.into_iter().chain(mail.forms))
    }

    /// What the broker is told.
    #[must_use]
    pub fn of_broker(settings: &AlpacaSettings) -> Self {
        Self::sorted(
            [&settings.key, &settings.secret]
                .into_iter()
                .flat_map(|secret| forms(secret))
                .chain(logins(&settings.key, &settings.secret)),
        )
    }

    /// What the mail server is told.
    #[must_use]
    pub fn of_mail(settings: &EmailSettings) -> Self {
        Self::sorted(
            forms(&settings.password)
                .into_iter()
                .chain(logins(&settings.from, &settings.password)),
        )
    }

    fn sorted(forms: impl IntoIterator<Item = String>) -> Self {
        let mut forms: Vec<String> = forms.into_iter().collect();
        forms.sort_by(|left, right| right.len().cmp(&left.len()).then_with(|| left.cmp(right)));
        forms.dedup();
        Self { forms }
    }

    /// `text` without any of them.
    #[must_use]
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.forms.iter().fold(Cow::Borrowed(text), |text, form| {
            if text.contains(form) {
                Cow::Owned(text.replace(form, MASK))
            } else {
                text
            }
        })
    }

    /// Whether one of them is in `value`, as a key or in a text.
    fn is_in(&self, value: &Value) -> bool {
        let is_told = |text: &str| self.forms.iter().any(|form| text.contains(form));
        match value {
            Value::Object(object) => object
                .iter()
                .any(|(key, inner)| is_told(key) || self.is_in(inner)),
            Value::Array(items) => items.iter().any(|item| self.is_in(item)),
            Value::String(text) => is_told(text),
            _ => false,
        }
    }

    /// `value` without any of them, in keys and in texts.
    #[must_use]
    pub fn mask_value<'a>(&self, value: Cow<'a, Value>) -> Cow<'a, Value> {
        if self.is_in(&value) {
            Cow::Owned(self.masked(&value))
        } else {
            value
        }
    }

    fn masked(&self, value: &Value) -> Value {
        match value {
            Value::Object(object) => Value::Object(
                object
                    .iter()
                    .map(|(key, inner)| (self.mask(key).into_owned(), self.masked(inner)))
                    .collect(),
            ),
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.masked(item)).collect())
            }
            Value::String(text) => Value::String(self.mask(text).into_owned()),
            other => other.clone(),
        }
    }
}

/// A secret as it is, and as JSON, HTML, a URL and a header write it.
fn forms(secret: &str) -> Vec<String> {
    if secret.chars().count() < SHORTEST {
        return Vec::new();
    }
    let json = serde_json::to_string(secret).unwrap_or_default();
    let json = json.trim_matches('"').to_owned();
    let of_go = ['<', '>', '&'].iter().fold(json.clone(), |text, mark| {
        text.replace(*mark, &format!("\\u{:04x}", u32::from(*mark)))
    });
    let of_php = json.replace('/', "\\/");
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    let escaped = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    let url = secret.bytes().map(escaped).collect();
    vec![
        secret.to_owned(),
        json,
        of_go,
        of_php,
        html,
        url,
        encoded(secret),
    ]
}

/// A user with a secret, as the mail server's log-in and HTTP's write them.
fn logins(user: &str, secret: &str) -> Vec<String> {
    if secret.chars().count() < SHORTEST {
        return Vec::new();
    }
    [
        format!("\0{user}\0{secret}"),
        format!("{user}\0{user}\0{secret}"),
        format!("{user}:{secret}"),
    ]
    .iter()
    .map(|login| encoded(login))
    .collect()
}

/// What fills up the end of it may be left out.
fn encoded(text: &str) -> String {
    base64::encode(text).trim_end_matches('=').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secrets() -> Secrets {
        Secrets::sorted(
            forms("pa/ss<w&\"rd")
                .into_iter()
                .chain(forms("abc"))
                .chain(logins("me", "pa/ss<w&\"rd")),
        )
    }

    #[test]
    fn a_secret_is_masked_in_every_form() {
        for told in [
            "pa/ss<w&\"rd",
            "pa/ss<w&\\\"rd",
            "pa\\/ss<w&\\\"rd",
            "pa/ss\\u003cw\\u0026\\\"rd",
            "pa/ss&lt;w&amp;&quot;rd",
            "pa%2Fss%3Cw%26%22rd",
            "cGEvc3M8dyYicmQ",
            "AG1lAHBhL3NzPHcmInJk",
            "bWU6cGEvc3M8dyYicmQ",
        ] {
            assert_eq!(secrets().mask(&format!("a {told} b")), "a *** b", "{told}");
        }
        assert_eq!(
            secrets().mask("nothing of abc"),
            "nothing of abc",
            "too short to be told from a word"
        );
        assert_eq!(format!("{:?}", secrets()), "Secrets");
    }

    #[test]
    fn a_value_is_masked_in_keys_and_texts() {
        let value = json!({"a": ["x pa/ss<w&\"rd y", 1], "pa/ss<w&\"rd": null});
        assert_eq!(
            *secrets().mask_value(Cow::Borrowed(&value)),
            json!({"a": ["x *** y", 1], "***": null})
        );
        assert!(matches!(
            secrets().mask_value(Cow::Borrowed(&json!({"a": 1}))),
            Cow::Borrowed(_)
        ));
    }
}
