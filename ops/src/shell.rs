/// `text` as one word of a POSIX shell, whatever it holds.
pub fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&byte);
    if !text.is_empty() && !text.starts_with('=') && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_sees_one_word_and_does_nothing_with_it() {
        for text in [
            "",
            "plain-1@x",
            "it's",
            "$(touch x)",
            "`id`",
            "a; b",
            "a\nb",
            "{\"mode\":\"tr'; touch x; 'ade\"}",
            "!!",
            "~",
            "=ls",
        ] {
            let echo = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", quoted(text))])
                .output()
                .expect("there is sh");
            assert_eq!(
                String::from_utf8_lossy(&echo.stdout),
                text,
                "{}",
                quoted(text)
            );
        }
        assert_eq!(quoted("plain-1@x"), "plain-1@x");
    }
}
