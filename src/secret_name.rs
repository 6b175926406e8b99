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

/// The first two letters of [`STEMS`], as a set of second letters by the first: every key and every
/// word of a log line is looked at, and hardly any place need be compared with all stems.
const STARTS: [u32; 26] = starts();

const fn starts() -> [u32; 26] {
    let mut starts = [0; 26];
    let mut index = 0;
    while index < STEMS.len() {
        let stem = STEMS[index].as_bytes();
        starts[(stem[0] - b'a') as usize] |= 1 << (stem[1] - b'a');
        index += 1;
    }
    starts
}

/// Whether some name in `text` may be that of a secret.
pub(crate) fn names_a_secret(text: &str) -> bool {
    if text.is_ascii() {
        return has_a_stem(text.as_bytes());
    }
    let letters = text.chars().filter(|character| character.is_alphanumeric());
    let letters: String = letters.flat_map(char::to_lowercase).collect();
    has_a_stem(letters.as_bytes())
}

fn has_a_stem(text: &[u8]) -> bool {
    (0..text.len()).any(|place| {
        let rest = &text[place..];
        may_begin(rest) && STEMS.iter().any(|stem| begins_with(rest, stem))
    })
}

/// Whether the first two letters of `text` are those of a stem.
fn may_begin(text: &[u8]) -> bool {
    let Some(seconds) = letter(text[0]).map(|first| STARTS[first]) else {
        return false;
    };
    if seconds == 0 {
        return false;
    }
    let second = text[1..].iter().find(|byte| !is_a_mark(**byte));
    second
        .and_then(|second| letter(*second))
        .is_some_and(|second| seconds >> second & 1 == 1)
}

/// Which letter it is, of either size: 0 is `a`.
fn letter(byte: u8) -> Option<usize> {
    byte.is_ascii_alphabetic()
        .then(|| usize::from((byte | 0x20) - b'a'))
}

/// What may stand between the letters of a name.
fn is_a_mark(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric()
}

/// Whether the letters of `text` begin with `stem`, whatever is between them.
fn begins_with(text: &[u8], stem: &str) -> bool {
    let mut letters = text
        .iter()
        .filter(|byte| !is_a_mark(**byte))
        .map(u8::to_ascii_lowercase);
    stem.bytes().all(|wanted| letters.next() == Some(wanted))
}

/// Whether one of [`WORDS`] is a word of `name`: words are divided by marks, or by a capital
/// letter.
fn has_a_secret_word(name: &str) -> bool {
    let mut start = 0;
    let mut is_after_small = false;
    for (place, character) in name.char_indices() {
        let is_a_mark = !character.is_alphanumeric();
        if is_a_mark || character.is_uppercase() && is_after_small {
            if is_a_secret_word(&name[start..place]) {
                return true;
            }
            start = if is_a_mark {
                place + character.len_utf8()
            } else {
                place
            };
        }
        is_after_small = character.is_lowercase() || character.is_numeric();
    }
    is_a_secret_word(&name[start..])
}

fn is_a_secret_word(word: &str) -> bool {
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
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
            "p-a-s-s-w-o-r-d",
            "mein Schlüssel: to\u{212a}en",
            "übergabe_pwd",
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
