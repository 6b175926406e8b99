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
/// Entries of [`Shifts`]: the blocks of some thirty forms leave nearly all of them free.
const SHIFTS: usize = 4096;

/// Secrets, in every form in which somebody may write them.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The longest first, for one may be part of another.
    forms: Vec<String>,
    shifts: Shifts,
}

/// How far a search may jump. All that comes in or goes out is searched for secrets, and a form that
/// begins at a place has one of its own blocks of letters some places later; whatever else is there
/// says how many places can hold no form (Wu and Manber 1994).
#[derive(Clone, Default)]
struct Shifts {
    /// The length of the shortest form.
    window: usize,
    /// By the block at a window's end: the places to go on; 0 where a form may begin.
    by_block: Vec<u8>,
}

impl Shifts {
    fn of(forms: &[String]) -> Self {
        let window = forms.iter().map(String::len).min().unwrap_or_default();
        let Some(last) = window.checked_sub(SHORTEST) else {
            return Self::default();
        };
        let mut by_block = vec![narrow(last + 1); SHIFTS];
        for form in forms {
            let blocks = form.as_bytes()[..window].windows(SHORTEST);
            for (place, block) in blocks.enumerate() {
                let shift = &mut by_block[Self::entry(block)];
                *shift = narrow(last - place).min(*shift);
            }
        }
        Self { window, by_block }
    }

    /// The upper bits of a product hang on all bits of its factor.
    fn entry(block: &[u8]) -> usize {
        let block = block.first_chunk().copied().unwrap_or_default();
        let mixed = u32::from_le_bytes(block).wrapping_mul(0x9e37_79b1);
        mixed as usize >> (u32::BITS - SHIFTS.trailing_zeros())
    }

    /// The next place from `place` on at which a form may begin.
    fn candidate(&self, bytes: &[u8], mut place: usize) -> Option<usize> {
        loop {
            let window = bytes.get(place..place + self.window)?;
            match self.by_block[Self::entry(&window[self.window - SHORTEST..])] {
                0 => return Some(place),
                shift => place += usize::from(shift),
            }
        }
    }
}

/// A jump may be shorter than it could be, never longer.
fn narrow(shift: usize) -> u8 {
    u8::try_from(shift).unwrap_or(u8::MAX)
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
        assert!(
            forms.iter().all(|form| form.len() >= SHORTEST),
            "no way to write a secret is shorter than the secret"
        );
        let shifts = Shifts::of(&forms);
        Self { forms, shifts }
    }

    /// Whether one of them is in `text`.
    fn are_told(&self, text: &str) -> bool {
        if self.forms.is_empty() {
            return false;
        }
        let bytes = text.as_bytes();
        let mut place = 0;
        while let Some(found) = self.shifts.candidate(bytes, place) {
            let rest = &bytes[found..];
            if self
                .forms
                .iter()
                .any(|form| rest.starts_with(form.as_bytes()))
            {
                return true;
            }
            place = found + 1;
        }
        false
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
    use proptest::prelude::*;
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

    proptest! {
        /// Short secrets and long ones, so that the search jumps by one place and by many.
        #[test]
        fn a_secret_is_found_wherever_it_is(
            secrets in prop::collection::vec("[a-c/&]{4,40}", 1..4),
            before in "[a-c/& ]{0,50}",
            after in "[a-c/& ]{0,50}",
            told in 0_usize..20,
        ) {
            let all = Secrets::sorted(secrets.iter().flat_map(|secret| forms(secret)));
            let form = &all.forms[told % all.forms.len()];
            let text = format!("{before}{form}{after}");
            prop_assert!(all.are_told(&text));
            prop_assert!(!all.mask(&text).contains(form.as_str()));
            let plain = format!("{before}{after}");
            let is_in = all.forms.iter().any(|form| plain.contains(form.as_str()));
            prop_assert_eq!(all.are_told(&plain), is_in);
        }
    }
}
