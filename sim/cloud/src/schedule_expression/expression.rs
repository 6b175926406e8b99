use chrono::{DateTime, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::ExpressionError;
use super::civil_time::first_instant;
use super::cron::Cron;
use super::error::{AT_FORM, Reason};
use super::rate::Rate;

/// Which service reads the expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A scheduled rule on a classic event bus: `rate` with strict singular and plural, `cron` in
    /// UTC, no `at`.
    Rule,
    /// A schedule of EventBridge Scheduler: also `at`, any time zone, singular and plural alike.
    Scheduler,
}

/// A schedule expression that AWS accepts.
#[derive(Clone, Debug, PartialEq)]
pub struct ScheduleExpression {
    dialect: Dialect,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Rate(Rate),
    Cron(Box<Cron>),
    At(NaiveDateTime),
}

impl ScheduleExpression {
    /// Reads an expression as the service of `dialect` does.
    ///
    /// # Errors
    /// [`ExpressionError`], whose text is AWS's answer (`ValidationException` in both services).
    pub fn parse(text: &str, dialect: Dialect) -> Result<Self, ExpressionError> {
        let refuse = |reason: Reason| ExpressionError {
            dialect,
            expression: text.to_owned(),
            reason,
        };
        let (name, inner) = text
            .strip_suffix(')')
            .and_then(|text| text.split_once('('))
            .ok_or_else(|| refuse(Reason::Form))?;
        let kind = match name {
            "rate" => Rate::parse(inner, dialect).map(Kind::Rate),
            "cron" => Cron::parse(inner).map(|cron| Kind::Cron(Box::new(cron))),
            "at" if dialect == Dialect::Scheduler => parse_at(inner).map(Kind::At),
            "at" => Err(Reason::AtOfRule),
            _ => Err(Reason::Kind(name.to_owned())),
        };
        Ok(Self {
            dialect,
            kind: kind.map_err(refuse)?,
        })
    }

    /// The first time strictly after `after`, or nothing if there is none (the years of a cron are
    /// over, an `at` is past).
    ///
    /// `zone` is the schedule's time zone; a rule ignores it, because rules run in UTC. A civil
    /// time that the clocks skip in spring does not fire; one that they repeat in autumn fires at
    /// its first occurrence only.
    ///
    /// `anchor` is where a rate starts to count: creation, or a schedule's `StartDate`. A rule
    /// fires one period later for the first time; a schedule also fires at the anchor itself,
    /// should `after` lie before it.
    pub fn next_after(
        &self,
        after: DateTime<Utc>,
        zone: Tz,
        anchor: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let zone = if self.dialect == Dialect::Rule {
            Tz::UTC
        } else {
            zone
        };
        match &self.kind {
            Kind::Rate(rate) => rate.next_after(after, anchor),
            Kind::Cron(cron) => cron.next_after(after, zone),
            Kind::At(civil) => first_instant(*civil, zone).filter(|time| *time > after),
        }
    }

    /// True for `at(..)`, which fires once at most.
    pub fn is_one_time(&self) -> bool {
        matches!(self.kind, Kind::At(_))
    }
}

fn parse_at(text: &str) -> Result<NaiveDateTime, Reason> {
    let shaped = text.len() == AT_FORM.len()
        && text.bytes().zip(AT_FORM.bytes()).all(|(found, wanted)| {
            if wanted.is_ascii_lowercase() {
                found.is_ascii_digit()
            } else {
                found == wanted
            }
        });
    shaped
        .then(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok())
        .flatten()
        .ok_or_else(|| Reason::AtForm(text.to_owned()))
}
