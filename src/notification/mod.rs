//! The mail: TradingNotificationRequested → SMTP (specification 9).

mod handler;
mod render;
mod transport;

pub use handler::NotificationService;
pub use render::{Mail, render};
pub use transport::{Dialer, MailTransport, SharedDialer, TcpDialer};
