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
    names_a_secret(name)
        || words(name)
            .iter()
            .any(|word| WORDS.contains(&word.as_str()))
}

/// Whether some name in `text` may be that of a secret.
pub(crate) fn names_a_secret(text: &str) -> bool {
    let letters: String = text
        .chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    STEMS.iter().any(|stem| letters.contains(stem))
}

/// The words of a name in lower case: divided by marks, or by a capital letter.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_after_small = false;
    for character in name.chars() {
        if !character.is_alphanumeric() || character.is_uppercase() && is_after_small {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
        is_after_small = character.is_lowercase() || character.is_numeric();
    }
    words
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
