//! What a mail server is made of.

use super::script::MailRule;

/// What a mail server is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailSetup {
    /// The name it gives itself and its certificate carries; a DNS name.
    pub hostname: String,
    /// The user that may send.
    pub user: String,
    /// That user's password.
    pub password: String,
    /// The largest content it takes, in octets; announced by SIZE.
    pub size_limit: usize,
    /// At which stages it answers something else, or hangs up; the first rule that fits counts.
    pub script: Vec<MailRule>,
}

impl Default for MailSetup {
    /// `smtp.mail.me.com`, user `alchemiser@example.com`, password `secret`, 10 MiB, no script.
    fn default() -> Self {
        Self {
            hostname: "smtp.mail.me.com".to_owned(),
            user: "alchemiser@example.com".to_owned(),
            password: "secret".to_owned(),
            size_limit: 10 * 1024 * 1024,
            script: Vec::new(),
        }
    }
}
