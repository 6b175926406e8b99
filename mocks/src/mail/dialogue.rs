//! The dialogue of one connection, line by line, without I/O.
//!
//! `mailin` parses the lines and keeps the state. What it does not do is done here: SIZE, the codes
//! that RFC 3207 and RFC 4954 want for mail before TLS or before AUTH, and going on after RSET, a
//! second EHLO or refused content (there `mailin` forgets the login or stays in DATA), for which a
//! fresh session is brought to where the old one was.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mailin::response::{AUTH_OK, INVALID_CREDENTIALS, OK};
use mailin::{Action, AuthMechanism, Handler, Response, Session, SessionBuilder};

use super::message::Mail;
use super::script::MailStage;
use super::server::MailSetup;

/// What is to be done after a line.
pub(super) enum Step {
    /// Read on.
    Silent,
    /// Write this and read on.
    Say(u16, Vec<u8>),
    /// Write this and hang up.
    Bye(u16, Vec<u8>),
    /// Write this and do the TLS handshake.
    Upgrade(Vec<u8>),
}

/// A mail in the making, shared with `mailin`'s handler.
#[derive(Default)]
struct Letter {
    from: String,
    recipients: Vec<String>,
    content: Vec<u8>,
    too_big: bool,
    /// What to answer to the content in place of what is usual.
    verdict: Option<(u16, String)>,
    authenticated: bool,
    done: Option<Mail>,
}

/// `mailin`'s view of the server.
struct Desk {
    user: String,
    password: String,
    size_limit: usize,
    letter: Arc<Mutex<Letter>>,
}

/// The state of one connection.
pub(super) struct Dialogue {
    builder: SessionBuilder,
    setup: Arc<MailSetup>,
    session: Session<Desk>,
    letter: Arc<Mutex<Letter>>,
    tls: bool,
    in_content: bool,
    in_auth: bool,
    /// The lines by which the client introduced itself and logged in.
    hello: Vec<u8>,
    login: Vec<Vec<u8>>,
}

impl Dialogue {
    pub(super) fn new(setup: Arc<MailSetup>) -> Self {
        let mut builder = SessionBuilder::new(setup.hostname.clone());
        builder
            .enable_start_tls()
            .enable_auth(AuthMechanism::Plain)
            .enable_auth(AuthMechanism::Login);
        let letter = Arc::new(Mutex::new(Letter::default()));
        let session = builder.build(IpAddr::V4(Ipv4Addr::LOCALHOST), desk(&setup, &letter));
        Self {
            builder,
            setup,
            session,
            letter,
            tls: false,
            in_content: false,
            in_auth: false,
            hello: Vec::new(),
            login: Vec::new(),
        }
    }

    pub(super) fn greeting(&self) -> Vec<u8> {
        bytes(&self.session.greeting())
    }

    /// Whether the next line is content of a mail.
    pub(super) fn is_in_content(&self) -> bool {
        self.in_content
    }

    /// The stage `line` opens, if it is one a script can be about.
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

    /// Whether `line` begins a stage (and does not merely go on with it, as the later lines of AUTH
    /// do).
    pub(super) fn begins(&self, line: &[u8]) -> bool {
        self.stage(line).is_some() && !self.in_auth
    }

    /// Settles what the end of the content will be answered with.
    pub(super) fn judge_content(&mut self, code: u16, text: &str) {
        self.letter().verdict = Some((code, text.to_owned()));
    }

    /// The mail that the last line completed.
    pub(super) fn take_mail(&mut self) -> Option<Mail> {
        self.letter().done.take()
    }

    /// TLS is up: the client starts anew.
    pub(super) fn encrypted(&mut self) {
        self.tls = true;
        self.hello.clear();
        self.login.clear();
        self.letter().authenticated = false;
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
            "MAIL" => say(&self.session.process(&without_size(line))),
            "DATA" => {
                let response = self.session.process(line);
                self.in_content = response.code == 354;
                say(&response)
            }
            _ => say(&self.session.process(line)),
        }
    }

    /// What the standards refuse and `mailin` does not, or not with the code they want.
    fn refusal(&self, line: &[u8]) -> Option<(u16, &'static str)> {
        let verb = verb(line);
        match verb.as_str() {
            _ if self.in_auth => None,
            "AUTH" if !self.tls => Some((
                538,
                "5.7.11 Encryption required for requested authentication mechanism",
            )),
            "AUTH" if self.letter().authenticated => Some((503, "5.5.1 Already authenticated")),
            "STARTTLS" if self.tls => Some((503, "5.5.1 TLS is already active")),
            "MAIL" if !self.tls => Some((530, "5.7.0 Must issue a STARTTLS command first")),
            "MAIL" if !self.letter().authenticated => Some((530, "5.7.0 Authentication required")),
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
        let response = self.session.process(line);
        self.in_auth = response.code == 334;
        say(&response)
    }

    fn content(&mut self, line: &[u8]) -> Step {
        let response = self.session.process(line);
        if response.action == Action::NoReply {
            return Step::Silent;
        }
        self.in_content = false;
        if response.is_error {
            self.rebuild();
        }
        say(&response)
    }

    /// A fresh session, brought to where the client has introduced itself and logged in, no mail
    /// begun. Answers what the introduction was answered with.
    fn rebuild(&mut self) -> Response {
        let desk = desk(&self.setup, &self.letter);
        self.session = self.builder.build(IpAddr::V4(Ipv4Addr::LOCALHOST), desk);
        if self.tls {
            self.session.tls_active();
        }
        if self.hello.is_empty() {
            return OK;
        }
        let response = self.session.process(&self.hello);
        if self.letter().authenticated {
            for line in &self.login {
                self.session.process(line);
            }
        }
        response
    }

    fn letter(&self) -> MutexGuard<'_, Letter> {
        self.letter.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk {
    fn letter(&self) -> MutexGuard<'_, Letter> {
        self.letter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn login(&self, user: &str, password: &str) -> Response {
        let authenticated = user == self.user && password == self.password;
        self.letter().authenticated = authenticated;
        if authenticated {
            AUTH_OK
        } else {
            INVALID_CREDENTIALS
        }
    }
}

impl Handler for Desk {
    fn auth_plain(&mut self, _authorization_id: &str, user: &str, password: &str) -> Response {
        self.login(user, password)
    }

    fn auth_login(&mut self, user: &str, password: &str) -> Response {
        self.login(user, password)
    }

    fn data_start(&mut self, _domain: &str, from: &str, _is8bit: bool, to: &[String]) -> Response {
        let mut letter = self.letter();
        letter.from = from.to_owned();
        letter.recipients = to.to_vec();
        letter.content.clear();
        letter.too_big = false;
        OK
    }

    fn data(&mut self, line: &[u8]) -> std::io::Result<()> {
        let mut letter = self.letter();
        letter.too_big |= letter.content.len() + line.len() > self.size_limit;
        if !letter.too_big {
            letter.content.extend_from_slice(line);
        }
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mut letter = self.letter();
        let response = match letter.verdict.take() {
            Some((code, text)) => Response::custom(code, text),
            None if letter.too_big => {
                Response::custom(552, "5.3.4 Message size exceeds fixed limit".to_owned())
            }
            None => Response::custom(250, "2.0.0 Ok: queued".to_owned()),
        };
        if !response.is_error {
            let (from, recipients) = (letter.from.clone(), letter.recipients.clone());
            let content = std::mem::take(&mut letter.content);
            letter.done = Some(Mail::new(from, recipients, content));
        }
        response
    }
}

fn desk(setup: &MailSetup, letter: &Arc<Mutex<Letter>>) -> Desk {
    Desk {
        user: setup.user.clone(),
        password: setup.password.clone(),
        size_limit: setup.size_limit,
        letter: Arc::clone(letter),
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

/// A MAIL line as `mailin` can parse it: it knows no SIZE parameter.
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
