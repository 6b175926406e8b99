//! The dialogue line by line, where the real client would not go.

use alchemiser_mocks::mail::{MailServer, MailSetup};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};

use crate::client::dial;

struct Lines(BufReader<DuplexStream>);

impl Lines {
    async fn open() -> Self {
        let server = MailServer::new(MailSetup { size_limit: 1_000, ..MailSetup::default() });
        let mut lines = Self(BufReader::new(dial(&server)));
        assert!(lines.answer().await.starts_with("220 smtp.mail.me.com"));
        lines
    }

    async fn say(&mut self, line: &str) -> String {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        self.answer().await
    }

    async fn answer(&mut self) -> String {
        let mut answer = String::new();
        loop {
            let start = answer.len();
            self.0.read_line(&mut answer).await.unwrap();
            if answer[start..].chars().nth(3) != Some('-') {
                return answer;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_extensions_are_announced() {
    let mut lines = Lines::open().await;
    let answer = lines.say("EHLO me").await;
    assert_eq!(answer, "250-server offers extensions:\r\n250-8BITMIME\r\n250-STARTTLS\r\n250 SIZE 1000\r\n");
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_in_the_clear() {
    let mut lines = Lines::open().await;
    lines.say("EHLO me").await;
    assert!(lines.say("AUTH PLAIN AGFiYwBkZWY=").await.starts_with("538"));
    assert!(lines.say("MAIL FROM:<a@example.com>").await.starts_with("530"));
    assert!(lines.say("RSET").await.starts_with("250"));
    assert!(lines.say("NOOP").await.starts_with("250"));
    assert!(lines.say("NONSENSE").await.starts_with("500"));
    assert!(lines.say("DATA").await.starts_with("503"));
    assert!(lines.say("QUIT").await.starts_with("221"));
    assert_eq!(lines.answer().await, "");
}
