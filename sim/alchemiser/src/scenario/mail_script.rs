use alchemiser_mocks::mail::{MailEffect, MailRule, MailStage};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Ordinal;

/// What the mail server does at one point of the dialogue.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "MailRuleSpec")]
pub struct MailScript(pub MailRule);

/// What the mail server does once.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MailRuleSpec {
    /// At which point of the dialogue.
    stage: MailStageSpec,
    /// Only on the n-th connection.
    occurrence: Option<Ordinal>,
    /// It answers so: a code and words.
    reply: Option<String>,
    /// It drops the connection.
    #[serde(default)]
    drop: bool,
}

/// A point of the dialogue.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum MailStageSpec {
    /// On connecting.
    Connect,
    /// At EHLO.
    Ehlo,
    /// At STARTTLS.
    StartTls,
    /// At AUTH.
    Auth,
    /// At MAIL FROM.
    MailFrom,
    /// At RCPT TO.
    RcptTo,
    /// At DATA.
    Data,
    /// After the message was accepted, before the answer.
    AfterData,
}

/// Why a rule of the mail server is refused.
#[derive(Debug, thiserror::Error)]
pub enum MailRuleError {
    #[error(
        "the `reply` {0:?} must begin with a code from 200 to 599, as in \"451 try again later\""
    )]
    Reply(String),
    #[error("a rule of the mail server has either a `reply` or `drop: true`, and not both")]
    Effect,
}

impl TryFrom<MailRuleSpec> for MailScript {
    type Error = MailRuleError;

    fn try_from(given: MailRuleSpec) -> Result<Self, Self::Error> {
        let effect = match (&given.reply, given.drop) {
            (None, true) => MailEffect::Drop,
            (Some(reply), false) => {
                let (code, text) = reply.split_once(' ').unwrap_or((reply, "refused"));
                let code = code.parse().ok().filter(|code| (200..600).contains(code));
                let code = code.ok_or_else(|| MailRuleError::Reply(reply.clone()))?;
                MailEffect::Reply {
                    code,
                    text: text.to_owned(),
                }
            }
            _ => return Err(MailRuleError::Effect),
        };
        let stage = match given.stage {
            MailStageSpec::Connect => MailStage::Connect,
            MailStageSpec::Ehlo => MailStage::Ehlo,
            MailStageSpec::StartTls => MailStage::StartTls,
            MailStageSpec::Auth => MailStage::Auth,
            MailStageSpec::MailFrom => MailStage::MailFrom,
            MailStageSpec::RcptTo => MailStage::RcptTo,
            MailStageSpec::Data => MailStage::Data,
            MailStageSpec::AfterData => MailStage::AfterData,
        };
        Ok(Self(MailRule {
            stage,
            occurrence: given.occurrence.map(|place| place.0),
            effect,
        }))
    }
}
