//! The mail: TradingNotificationRequested → SMTP (rules.md 9).

mod boundary;
mod content;
mod handler;
mod html;
mod render;
mod text;
mod transport;

pub use handler::NotificationService;
pub use render::{Mail, render};
pub use transport::{Dialer, MailTransport, SharedDialer, TcpDialer, tls_trusting};
