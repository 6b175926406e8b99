//! The SMTP session of one connection (RFC 5321), line by line, without I/O.
//!
//! `mailin` parses the lines and keeps the state. What it does not do is done here: SIZE, and the
//! codes that RFC 3207 and RFC 4954 demand for mail before TLS or before AUTH. After RSET, a second
//! EHLO or refused content, `mailin` forgets the login or stays in DATA; a new session of its kind
//! then repeats what the client had said so far.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mailin::response::{AUTH_OK, INVALID_CREDENTIALS, OK};
use mailin::{Action, AuthMechanism, Handler, Response, Session as MailinSession, SessionBuilder};

use super::message::Mail;
use super::script::MailStage;
use super::setup::MailSetup;

/// What the server does after a line.
pub(super) enum Step {
    /// Read the next line.
    Silent,
    /// Answer this, and read the next line.
    Say(u16, Vec<u8>),
    /// Answer this, and close the connection.
    Bye(u16, Vec<u8>),
    /// Answer this, and do the TLS handshake.
    Upgrade(Vec<u8>),
}

/// The mail transaction under way (RFC 5321, section 3.3), shared with `mailin`'s handler.
#[derive(Default)]
struct Transaction {
    from: String,
    recipients: Vec<String>,
    content: Vec<u8>,
    too_big: bool,
    /// The scripted answer to the content.
    verdict: Option<(u16, String)>,
    authenticated: bool,
    done: Option<Mail>,
}

/// What `mailin` asks about users and hands received content to.
struct SmtpHandler {
    user: String,
    password: String,
    size_limit: usize,
    transaction: Arc<Mutex<Transaction>>,
}

/// One connection from the greeting to QUIT.
pub(super) struct Session {
    builder: SessionBuilder,
    setup: Arc<MailSetup>,
    mailin: MailinSession<SmtpHandler>,
    transaction: Arc<Mutex<Transaction>>,
    tls: bool,
    in_content: bool,
    in_auth: bool,
    /// The lines of EHLO and AUTH, for a new session of `mailin`.
    hello: Vec<u8>,
    login: Vec<Vec<u8>>,
}

impl Session {
    pub(super) fn new(setup: Arc<MailSetup>) -> Self {
        let mut builder = SessionBuilder::new(setup.hostname.clone());
        builder
            .enable_start_tls()
            .enable_auth(AuthMechanism::Plain)
            .enable_auth(AuthMechanism::Login);
        let transaction = Arc::new(Mutex::new(Transaction::default()));
        let mailin = builder.build(
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            handler(&setup, &transaction),
        );
        Self {
            builder,
            setup,
            mailin,
            transaction,
            tls: false,
            in_content: false,
            in_auth: false,
            hello: Vec::new(),
            login: Vec::new(),
        }
    }

    pub(super) fn greeting(&self) -> Vec<u8> {
        bytes(&self.mailin.greeting())
    }

    /// Whether the next line belongs to the content of a mail.
    pub(super) fn is_in_content(&self) -> bool {
        self.in_content
    }

    /// The stage that `line` belongs to, if a script can name it.
    pub(super) fn stage(&self, line: &[u8]) -> Option<MailStage> {
        if self.in_content {
            return (line == b".\r\n").then_some(MailStage::AfterData);
        }
        match verb(line).as_str() {
            _ if self.in_auth => Some(MailStage::Auth),
            "EHLO" | "HELO" => Some(MailStage::Ehlo),
            "STARTTLS" => Some(MailStage::StartTls),
            "AUTH" => Some(MailStage::Auth),
            "MAIL" => Some(MailStage::MailFrom),
            "RCPT" => Some(MailStage::RcptTo),
            "DATA" => Some(MailStage::Data),
            _ => None,
        }
    }

    /// Whether `line` is the first of its stage: AUTH has several.
    pub(super) fn begins(&self, line: &[u8]) -> bool {
        self.stage(line).is_some() && !self.in_auth
    }

    /// Sets the answer to the end of the content.
    pub(super) fn judge_content(&mut self, code: u16, text: &str) {
        self.transaction().verdict = Some((code, text.to_owned()));
    }

    /// Takes the mail that the last line completed.
    pub(super) fn take_mail(&mut self) -> Option<Mail> {
        self.transaction().done.take()
    }

    /// TLS is active: the client begins again with EHLO (RFC 3207, section 4.2).
    pub(super) fn encrypted(&mut self) {
        self.tls = true;
        self.hello.clear();
        self.login.clear();
        self.transaction().authenticated = false;
        self.rebuild();
    }

    /// Answers one line, its line end included.
    pub(super) fn answer(&mut self, line: &[u8]) -> Step {
        if self.in_content {
            return self.content(line);
        }
        if let Some((code, text)) = self.refusal(line) {
            return say(&Response::custom(code, text.to_owned()));
        }
        match verb(line).as_str() {
            _ if self.in_auth => self.auth(line),
            "AUTH" => {
                self.login.clear();
                self.auth(line)
            }
            "RSET" if !self.hello.is_empty() => {
                self.rebuild();
                say(&OK)
            }
            "EHLO" | "HELO" => self.hello(line),
            "MAIL" => say(&self.mailin.process(&without_size(line))),
            "DATA" => {
                let response = self.mailin.process(line);
                self.in_content = response.code == 354;
                say(&response)
            }
            _ => say(&self.mailin.process(line)),
        }
    }

    /// Refusals that the standards demand and `mailin` does not make, or makes with another code.
    fn refusal(&self, line: &[u8]) -> Option<(u16, &'static str)> {
        let verb = verb(line);
        match verb.as_str() {
            _ if self.in_auth => None,
            "AUTH" if !self.tls => Some((
                538,
                "5.7.11 Encryption required for requested authentication mechanism",
            )),
            "AUTH" if self.transaction().authenticated => {
                Some((503, "5.5.1 Already authenticated"))
            }
            "STARTTLS" if self.tls => Some((503, "5.5.1 TLS is already active")),
            "MAIL" if !self.tls => Some((530, "5.7.0 Must issue a STARTTLS command first")),
            "MAIL" if !self.transaction().authenticated => {
                Some((530, "5.7.0 Authentication required"))
            }
            "MAIL" if announced_size(line).is_some_and(|size| size > self.setup.size_limit) => {
                Some((552, "5.3.4 Message size exceeds fixed limit"))
            }
            _ => None,
        }
    }

    fn hello(&mut self, line: &[u8]) -> Step {
        self.hello = line.to_vec();
        let response = self.rebuild();
        let mut text = bytes(&response);
        if response.code == 250 && verb(line) == "EHLO" {
            text = with_extension(&text, &format!("SIZE {}", self.setup.size_limit));
        }
        Step::Say(response.code, text)
    }

    fn auth(&mut self, line: &[u8]) -> Step {
        self.login.push(line.to_vec());
        let response = self.mailin.process(line);
        self.in_auth = response.code == 334;
        say(&response)
    }

    fn content(&mut self, line: &[u8]) -> Step {
        let response = self.mailin.process(line);
        if response.action == Action::NoReply {
            return Step::Silent;
        }
        self.in_content = false;
        if response.is_error {
            self.rebuild();
        }
        say(&response)
    }

    /// Replaces `mailin`'s session by a new one in which the client has said EHLO and logged in, as
    /// far as it had, and no mail is begun. Returns the answer to EHLO.
    fn rebuild(&mut self) -> Response {
        let handler = handler(&self.setup, &self.transaction);
        self.mailin = self.builder.build(IpAddr::V4(Ipv4Addr::LOCALHOST), handler);
        if self.tls {
            self.mailin.tls_active();
        }
        if self.hello.is_empty() {
            return OK;
        }
        let response = self.mailin.process(&self.hello);
        if self.transaction().authenticated {
            for line in &self.login {
                self.mailin.process(line);
            }
        }
        response
    }

    fn transaction(&self) -> MutexGuard<'_, Transaction> {
        self.transaction
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl SmtpHandler {
    fn transaction(&self) -> MutexGuard<'_, Transaction> {
        self.transaction
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn login(&self, user: &str, password: &str) -> Response {
        let authenticated = user == self.user && password == self.password;
        self.transaction().authenticated = authenticated;
        if authenticated {
            AUTH_OK
        } else {
            INVALID_CREDENTIALS
        }
    }
}

impl Handler for SmtpHandler {
    fn auth_plain(&mut self, _authorization_id: &str, user: &str, password: &str) -> Response {
        self.login(user, password)
    }

    fn auth_login(&mut self, user: &str, password: &str) -> Response {
        self.login(user, password)
    }

    fn data_start(&mut self, _domain: &str, from: &str, _is8bit: bool, to: &[String]) -> Response {
        let mut transaction = self.transaction();
        transaction.from = from.to_owned();
        transaction.recipients = to.to_vec();
        transaction.content.clear();
        transaction.too_big = false;
        OK
    }

    fn data(&mut self, line: &[u8]) -> std::io::Result<()> {
        let mut transaction = self.transaction();
        transaction.too_big |= transaction.content.len() + line.len() > self.size_limit;
        if !transaction.too_big {
            transaction.content.extend_from_slice(line);
        }
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mut transaction = self.transaction();
        let response = match transaction.verdict.take() {
            Some((code, text)) => Response::custom(code, text),
            None if transaction.too_big => {
                Response::custom(552, "5.3.4 Message size exceeds fixed limit".to_owned())
            }
            None => Response::custom(250, "2.0.0 Ok: queued".to_owned()),
        };
        if !response.is_error {
            let (from, recipients) = (transaction.from.clone(), transaction.recipients.clone());
            let content = std::mem::take(&mut transaction.content);
            transaction.done = Some(Mail::new(from, recipients, content));
        }
        response
    }
}

fn handler(setup: &MailSetup, transaction: &Arc<Mutex<Transaction>>) -> SmtpHandler {
    SmtpHandler {
        user: setup.user.clone(),
        password: setup.password.clone(),
        size_limit: setup.size_limit,
        transaction: Arc::clone(transaction),
    }
}

fn say(response: &Response) -> Step {
    let text = bytes(response);
    match response.action {
        Action::NoReply => Step::Silent,
        Action::Reply => Step::Say(response.code, text),
        Action::Close => Step::Bye(response.code, text),
        Action::UpgradeTls => Step::Upgrade(text),
    }
}

fn bytes(response: &Response) -> Vec<u8> {
    response.buffer().expect("writing to memory does not fail")
}

/// The command of a line, in capitals.
fn verb(line: &[u8]) -> String {
    let end = line
        .iter()
        .position(u8::is_ascii_whitespace)
        .unwrap_or(line.len());
    String::from_utf8_lossy(&line[..end]).to_ascii_uppercase()
}

/// The size that `MAIL FROM:<..> SIZE=n` announces (RFC 1870).
fn announced_size(line: &[u8]) -> Option<usize> {
    let line = String::from_utf8_lossy(line).to_ascii_uppercase();
    line.split_ascii_whitespace()
        .find_map(|word| word.strip_prefix("SIZE=")?.parse().ok())
}

/// A MAIL line without the SIZE parameter, which `mailin` cannot parse.
fn without_size(line: &[u8]) -> Vec<u8> {
    if announced_size(line).is_none() {
        return line.to_vec();
    }
    let text = String::from_utf8_lossy(line);
    let kept = text
        .split_ascii_whitespace()
        .filter(|word| !word.to_ascii_uppercase().starts_with("SIZE="));
    format!("{}\r\n", kept.collect::<Vec<_>>().join(" ")).into_bytes()
}

/// One more line at the end of a multi-line answer.
fn with_extension(answer: &[u8], extension: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(answer);
    let lines = text
        .lines()
        .map(|line| format!("250-{}\r\n", line.get(4..).unwrap_or_default()));
    lines
        .chain([format!("250 {extension}\r\n")])
        .collect::<String>()
        .into_bytes()
}
