//! Commands: what a schedule or a person may ask for (rules.md 2). Strict: unknown fields and
//! unknown values are refused, because only an explicit, valid command trades.

use serde::Deserialize;
use serde_json::Value;

use crate::id::check_id;
use crate::timestamp::Timestamp;

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Start a trading workflow.
    Trade(TradeCommand),
    /// Report profit and loss.
    Pnl(PnlCommand),
    /// Fail the workflows that are overdue.
    Watchdog,
}

/// A command to trade.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TradeCommand {
    /// The workflow's id, where the trigger gives one.
    pub correlation_id: Option<String>,
    /// The occurrence of the schedule that this command belongs to.
    pub scheduled_time: Option<Timestamp>,
    /// `paper` or `live`, where the command says what it expects.
    pub trading_mode: Option<String>,
}

/// A command to report profit and loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PnlCommand {
    /// The span of one period.
    pub span: PnlSpan,
    /// How many periods, at least 1.
    pub periods: u32,
    /// With a row a day.
    pub detailed: bool,
}

/// The span that a profit-and-loss report covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PnlSpan {
    /// Weeks.
    Weekly,
    /// Months.
    Monthly,
    /// Digits and one of `W`, `M`, `A`.
    Period(String),
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CommandError(pub String);

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Fields {
    schema_version: Option<String>,
    mode: Option<String>,
    trading_mode: Option<String>,
    arguments: Option<Vec<String>>,
    action: Option<String>,
    month: Option<String>,
    account_id: Option<String>,
    to: Option<String>,
    subject: Option<String>,
    dry_run: Option<bool>,
    pnl_type: Option<String>,
    pnl_periods: Option<i64>,
    pnl_period: Option<String>,
    pnl_detailed: Option<bool>,
    correlation_id: Option<String>,
    causation_id: Option<String>,
    scheduled_time: Option<String>,
}

impl Command {
    /// Reads a command from its JSON object; `{}` is a command to trade, as the predecessor's was.
    /// Any other must say what it wants: a field that is null, or one beside no `mode`, was meant
    /// to say something, and nobody knows what.
    ///
    /// # Errors
    /// A sentence that names the field and what is allowed.
    pub fn parse(value: &Value) -> Result<Self, CommandError> {
        let Some(object) = value.as_object() else {
            return refuse("a command must be a JSON object such as {\"mode\":\"trade\"}");
        };
        let fields: Fields =
            serde_path_to_error::deserialize(value).map_err(|error| {
                match error.path().to_string().as_str() {
                    "." => CommandError(error.inner().to_string()),
                    path => CommandError(format!("field `{path}`: {}", error.inner())),
                }
            })?;
        fields.check()?;
        if fields.action.is_some() {
            return fields.pnl().map(Command::Pnl);
        }
        if let Some((name, _)) = object.iter().find(|(_, value)| value.is_null()) {
            return refuse(format!(
                "field `{name}`: null says nothing; give it a value, or leave it out"
            ));
        }
        match fields.mode.as_deref() {
            None if !object.is_empty() => fields
                .trade()
                .and_then(|_| refuse("field `mode` is missing: say {\"mode\":\"trade\"} to trade")),
            None | Some("trade") => fields.trade().map(Command::Trade),
            Some("watchdog") => Ok(Command::Watchdog),
            Some("bot") => refuse(
                "field `mode`: \"bot\" gives signals only and is not supported; nothing was done",
            ),
            Some(other) => refuse(format!(
                "field `mode`: {other:?} is none of \"trade\", \"watchdog\""
            )),
        }
    }
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, CommandError> {
    Err(CommandError(reason.into()))
}

impl Fields {
    /// Checks what is common to all commands; fields that nobody would act on are refused, not
    /// ignored.
    fn check(&self) -> Result<(), CommandError> {
        one_of("schema_version", self.schema_version.as_deref(), &["1.0"])?;
        one_of(
            "trading_mode",
            self.trading_mode.as_deref(),
            &["paper", "live"],
        )?;
        one_of("action", self.action.as_deref(), &["pnl_analysis"])?;
        one_of("pnl_type", self.pnl_type.as_deref(), &["weekly", "monthly"])?;
        if self.dry_run == Some(true) {
            return refuse("field `dry_run`: a dry run is not supported; nothing was done");
        }
        if self
            .arguments
            .as_ref()
            .is_some_and(|arguments| !arguments.is_empty())
        {
            return refuse(
                "field `arguments`: arguments are not supported; use the fields of the command",
            );
        }
        for (name, value) in [
            ("account_id", &self.account_id),
            ("to", &self.to),
            ("subject", &self.subject),
            ("month", &self.month),
        ] {
            if value.is_some() {
                return refuse(format!("field `{name}` is not supported"));
            }
        }
        if let Some(id) = [&self.correlation_id, &self.causation_id]
            .into_iter()
            .flatten()
            .find(|id| id.contains("<aws."))
        {
            return refuse(format!(
                "{id:?} holds a context attribute that the scheduler did not substitute"
            ));
        }
        for (name, id) in [
            ("correlation_id", &self.correlation_id),
            ("causation_id", &self.causation_id),
        ] {
            if let Some(Err(reason)) = id
                .as_deref()
                .map(str::trim)
                .filter(|id| !id.is_empty())
                .map(check_id)
            {
                return refuse(format!("field `{name}`: {reason}"));
            }
        }
        Ok(())
    }

    fn trade(self) -> Result<TradeCommand, CommandError> {
        if self.pnl_type.is_some()
            || self.pnl_period.is_some()
            || self.pnl_periods.is_some()
            || self.pnl_detailed.is_some()
        {
            return refuse(
                "a command to trade has no `pnl_` fields; say \"action\": \"pnl_analysis\" for a report",
            );
        }
        let scheduled_time = match self.scheduled_time {
            Some(text) => Some(
                text.parse()
                    .map_err(|reason| CommandError(format!("field `scheduled_time`: {reason}")))?,
            ),
            None => None,
        };
        let correlation_id = self
            .correlation_id
            .map(|id| id.trim().to_owned())
            .filter(|id| !id.is_empty());
        Ok(TradeCommand {
            correlation_id,
            scheduled_time,
            trading_mode: self.trading_mode,
        })
    }

    fn pnl(self) -> Result<PnlCommand, CommandError> {
        let periods = match self.pnl_periods {
            None => 1,
            Some(given) => u32::try_from(given)
                .ok()
                .filter(|periods| *periods >= 1)
                .ok_or_else(|| {
                    CommandError(format!("field `pnl_periods`: {given} is less than 1"))
                })?,
        };
        let span = match (self.pnl_period, self.pnl_type.as_deref()) {
            (Some(period), _) if is_period(&period) => PnlSpan::Period(period),
            (Some(period), _) => {
                return refuse(format!(
                    "field `pnl_period`: {period:?} is not digits followed by W, M or A"
                ));
            }
            (None, Some("weekly")) => PnlSpan::Weekly,
            (None, Some(_)) => PnlSpan::Monthly,
            (None, None) => return refuse("action pnl_analysis needs `pnl_type` or `pnl_period`"),
        };
        Ok(PnlCommand {
            span,
            periods,
            detailed: self.pnl_detailed.unwrap_or(false),
        })
    }
}

fn is_period(text: &str) -> bool {
    text.strip_suffix(['W', 'M', 'A']).is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn one_of(name: &str, value: Option<&str>, allowed: &[&str]) -> Result<(), CommandError> {
    match value {
        Some(given) if !allowed.contains(&given) => {
            refuse(format!("field `{name}`: {given:?} is none of {allowed:?}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_empty_object_trades_and_nothing_vague_does() {
        assert_eq!(
            Command::parse(&json!({})),
            Ok(Command::Trade(TradeCommand::default()))
        );
        for (value, reason) in [
            (json!({"mode": null}), "field `mode`: null says nothing"),
            (
                json!({"mode": "trade", "trading_mode": null}),
                "field `trading_mode`: null says nothing",
            ),
            (
                json!({"mode": "watchdog", "dry_run": null}),
                "field `dry_run`: null says nothing",
            ),
            (json!({"action": null}), "field `action`: null says nothing"),
            (json!({"trading_mode": "paper"}), "field `mode` is missing"),
            (
                json!({"correlation_id": "daily-1"}),
                "field `mode` is missing",
            ),
            (json!({"arguments": []}), "field `mode` is missing"),
            (
                json!({"mode": "trade", "correlation_id": "a\r\nb"}),
                "field `correlation_id`: '\\r' is not allowed",
            ),
            (
                json!({"mode": "TRADE"}),
                "field `mode`: \"TRADE\" is none of",
            ),
            (
                json!({"mode": " trade "}),
                "field `mode`: \" trade \" is none of",
            ),
            (
                json!({"mode": "bot"}),
                "field `mode`: \"bot\" gives signals only",
            ),
            (json!({"foo": 1}), "field `foo`: unknown field `foo`"),
            (
                json!({"mode": 1}),
                "field `mode`: invalid type: integer `1`, expected a string",
            ),
            (json!({"dry_run": true}), "field `dry_run`"),
            (json!({"dry_run": 1}), "field `dry_run`: invalid type"),
            (
                json!({"pnl_type": "weekly"}),
                "a command to trade has no `pnl_` fields",
            ),
            (
                json!({"correlation_id": "daily@<aws.scheduler.scheduled-time>"}),
                "\"daily@<aws.scheduler.scheduled-time>\" holds a context attribute",
            ),
            (json!(["trade"]), "a command must be a JSON object"),
            (json!("trade"), "a command must be a JSON object"),
        ] {
            let error = Command::parse(&value).expect_err("refused");
            assert!(error.to_string().starts_with(reason), "{value}: {error}");
        }
    }

    #[test]
    fn reads_a_report_with_all_its_fields() {
        let value = json!({"action": "pnl_analysis", "pnl_type": "monthly", "pnl_period": "3M", "pnl_periods": 3, "pnl_detailed": true});
        let expected = PnlCommand {
            span: PnlSpan::Period("3M".to_owned()),
            periods: 3,
            detailed: true,
        };
        assert_eq!(Command::parse(&value), Ok(Command::Pnl(expected)));
        for period in ["3D", "1Y", "M", ""] {
            assert!(
                Command::parse(&json!({"action": "pnl_analysis", "pnl_period": period})).is_err(),
                "{period}"
            );
        }
        assert!(Command::parse(&json!({"action": "monthly_summary"})).is_err());
        assert!(Command::parse(&json!({"action": "pnl_analysis"})).is_err());
    }
}
