//! Whether a name is that of a secret, in whatever spelling: `apiKey`, `x-api-key`,
//! `SMTP_PASSWORD`.

/// A name that holds one of these in its letters, whatever is between them, is a secret's.
const STEMS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "credential",
    "authorization",
    "bearer",
    "cookie",
    "apikey",
    "accesskey",
    "privatekey",
    "signingkey",
    "authkey",
    "sessionid",
];
/// A name that has one of these among its words is a secret's; within a word they would say
/// nothing.
const WORDS: &[&str] = &["pass", "pwd", "pw", "auth", "creds", "jwt", "otp"];

/// Whether `name` is that of a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    names_a_secret(name) || has_a_secret_word(name)
}

/// Whether some name in `text` may be that of a secret.
pub(crate) fn names_a_secret(text: &str) -> bool {
    let mut letters = String::with_capacity(text.len());
    for character in text.chars().filter(|character| character.is_alphanumeric()) {
        letters.extend(character.to_lowercase());
    }
    // Every key and every word of a log line is looked at: one pass for all stems.
    let bytes = letters.as_bytes();
    (0..bytes.len()).any(|place| {
        let rest = &bytes[place..];
        STEMS
            .iter()
            .any(|stem| rest[0] == stem.as_bytes()[0] && rest.starts_with(stem.as_bytes()))
    })
}

/// Whether one of [`WORDS`] is a word of `name`: words are divided by marks, or by a capital
/// letter.
fn has_a_secret_word(name: &str) -> bool {
    let mut word = String::with_capacity(name.len());
    let mut is_after_small = false;
    for character in name.chars() {
        if !character.is_alphanumeric() || character.is_uppercase() && is_after_small {
            if WORDS.contains(&word.as_str()) {
                return true;
            }
            word.clear();
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
        is_after_small = character.is_lowercase() || character.is_numeric();
    }
    WORDS.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_words() {
        for name in [
            "apiKey",
            "APIKey",
            "api_key",
            "x-api-key",
            "X-Api-Key",
            "APCA-API-KEY-ID",
            "access_token",
            "accessToken",
            "client_secret",
            "passwd",
            "smtp_password",
            "SmtpPass",
            "db.pwd",
            "bearer",
            "Cookie",
            "set-cookie",
            "auth",
            "Proxy-Authorization",
            "AWS_SECRET_ACCESS_KEY",
            "aws session token",
            "credentials",
            "--password",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "mode",
            "correlation_id",
            "key",
            "record_key",
            "symbol",
            "passed",
            "author",
            "compass",
            "keyboard",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
