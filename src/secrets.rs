//! The deployment's own secrets, by value: whoever has been told one of them may tell it back, in
//! an answer, a refusal or an event, and nothing of that may reach a log, an answer, a dead letter
//! or a mail. So what comes from outside is masked where it comes in.

use std::borrow::Cow;
use std::fmt;

use aws_smithy_types::base64;
use serde_json::Value;

use crate::config::{AlpacaSettings, EmailSettings, Settings};

/// What stands for a secret.
pub const MASK: &str = "***";
/// A shorter one would be found in ordinary words.
const SHORTEST: usize = 4;
/// Bits of [`Starts`]: some thirty forms leave nearly all of them free.
const START_BITS: usize = 4096;

/// Secrets, in every form in which somebody may write them.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The longest first, for one may be part of another.
    forms: Vec<String>,
    starts: Starts,
}

/// With what a form may begin: all that comes in or goes out is searched for secrets, and hardly
/// any place in it need be compared with all of their forms.
#[derive(Clone)]
struct Starts([u64; START_BITS / 64]);

impl Default for Starts {
    fn default() -> Self {
        Self([0; START_BITS / 64])
    }
}

impl Starts {
    fn add(&mut self, start: [u8; SHORTEST]) {
        let bit = Self::bit(start);
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    fn has(&self, start: [u8; SHORTEST]) -> bool {
        let bit = Self::bit(start);
        self.0[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// The upper bits of a product hang on all bits of its factor.
    fn bit(start: [u8; SHORTEST]) -> usize {
        let mixed = u32::from_le_bytes(start).wrapping_mul(0x9e37_79b1);
        mixed as usize >> (32 - START_BITS.trailing_zeros())
    }
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
        let mut starts = Starts::default();
        for form in &forms {
            let start = form.as_bytes().first_chunk();
            starts.add(*start.expect("no way to write a secret is shorter than the secret"));
        }
        Self { forms, starts }
    }

    /// Whether one of them is in `text`.
    fn are_told(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        bytes.windows(SHORTEST).enumerate().any(|(place, start)| {
            let rest = &bytes[place..];
            start
                .first_chunk()
                .is_some_and(|start| self.starts.has(*start))
                && self
                    .forms
                    .iter()
                    .any(|form| rest.starts_with(form.as_bytes()))
        })
    }

    /// `text` without any of them.
    #[must_use]
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.are_told(text) {
            return Cow::Borrowed(text);
        }
        let mut masked = text.to_owned();
        for form in &self.forms {
            if masked.contains(form) {
                masked = masked.replace(form, MASK);
            }
        }
        Cow::Owned(masked)
    }

    /// Whether one of them is in `value`, as a key or in a text.
    fn is_in(&self, value: &Value) -> bool {
        match value {
            Value::Object(object) => object
                .iter()
                .any(|(key, inner)| self.are_told(key) || self.is_in(inner)),
            Value::Array(items) => items.iter().any(|item| self.is_in(item)),
            Value::String(text) => self.are_told(text),
            _ => false,
        }
    }

    /// `value` without any of them, in keys and in texts.
    #[must_use]
    pub fn mask_value<'a>(&self, value: &'a Value) -> Cow<'a, Value> {
        if self.is_in(value) {
            Cow::Owned(self.masked(value))
        } else {
            Cow::Borrowed(value)
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
            *secrets().mask_value(&value),
            json!({"a": ["x *** y", 1], "***": null})
        );
        assert!(matches!(
            secrets().mask_value(&json!({"a": 1})),
            Cow::Borrowed(_)
        ));
    }
}
