use sha2::{Digest, Sha256};

use crate::id::AttemptToken;

/// What divides the parts of a mail. It hangs on all of the parts and on a token that nobody knows
/// before, so that no text in a part can have been written to end it; and it occurs in none of
/// them.
pub(super) fn boundary(token: &AttemptToken, parts: &[&[u8]]) -> String {
    let mut digest = Sha256::new_with_prefix(&token.0);
    parts.iter().for_each(|part| digest.update(part));
    loop {
        let boundary = format!("alchemiser-{}", hex(&digest.clone().finalize()));
        if parts.iter().all(|part| !holds(part, boundary.as_bytes())) {
            return boundary;
        }
        digest.update(&boundary);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>()[..40]
        .to_owned()
}

fn holds(part: &[u8], boundary: &[u8]) -> bool {
    part.windows(boundary.len())
        .any(|window| window == boundary)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(token: &str, parts: &[&str]) -> String {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        boundary(&AttemptToken(token.to_owned()), &parts)
    }

    #[test]
    fn a_boundary_hangs_on_its_token_and_on_every_part() {
        assert_eq!(of("t", &["a", "b"]), of("t", &["a", "b"]));
        for (token, parts) in [("u", ["a", "b"]), ("t", ["x", "b"]), ("t", ["a", "x"])] {
            assert_ne!(of("t", &["a", "b"]), of(token, &parts), "{token} {parts:?}");
        }
    }

    #[test]
    fn a_boundary_is_in_no_part() {
        assert!(holds(b"text --alchemiser-1 text", b"alchemiser-1"));
        assert!(!holds(b"alchemiser-", b"alchemiser-1"));
        assert!(!holds(b"", b"alchemiser-1"));
    }
}
