use std::collections::BTreeSet;

use super::error::Reason;

/// One field of an AWS cron expression: its range, its names, its special characters.
pub(super) struct FieldKind {
    name: &'static str,
    minimum: u16,
    maximum: u16,
    /// Names of the values from `minimum` on.
    names: &'static [&'static str],
    specials: Specials,
}

/// What a field may hold beside numbers, ranges and steps.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Specials {
    None,
    /// `?`, `L`, `LW` and `15W`.
    DayOfMonth,
    /// `?`, `L`, `6L` and `6#3`.
    DayOfWeek,
}

const MONTH_NAMES: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAY_NAMES: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

pub(super) const MINUTES: FieldKind = FieldKind::plain("minutes", 0, 59, &[]);
pub(super) const HOURS: FieldKind = FieldKind::plain("hours", 0, 23, &[]);
pub(super) const DAYS: FieldKind = FieldKind {
    specials: Specials::DayOfMonth,
    ..FieldKind::plain("day-of-month", 1, 31, &[])
};
pub(super) const MONTHS: FieldKind = FieldKind::plain("month", 1, 12, &MONTH_NAMES);
pub(super) const WEEKDAYS: FieldKind = FieldKind {
    specials: Specials::DayOfWeek,
    ..FieldKind::plain("day-of-week", 1, 7, &WEEKDAY_NAMES)
};
pub(super) const YEARS: FieldKind = FieldKind::plain("year", 1970, 2199, &[]);

impl FieldKind {
    const fn plain(
        name: &'static str,
        minimum: u16,
        maximum: u16,
        names: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            minimum,
            maximum,
            names,
            specials: Specials::None,
        }
    }

    /// The field in `croner`'s grammar: special forms with numbers for names, everything else as a
    /// list of values.
    pub(super) fn normalise(&self, field: &str) -> Result<String, Reason> {
        let field = field.to_ascii_uppercase();
        if field == "?" && self.specials != Specials::None {
            return Ok("*".to_owned());
        }
        if let Some(special) = self.special(&field)? {
            return Ok(special);
        }
        let mut values = BTreeSet::new();
        for item in field.split(',') {
            values.extend(self.item(item)?);
        }
        let day = self.specials != Specials::None;
        if day && values.len() == usize::from(self.maximum - self.minimum) + 1 {
            return Ok("*".to_owned());
        }
        Ok(values
            .iter()
            .map(u16::to_string)
            .collect::<Vec<_>>()
            .join(","))
    }

    /// `L`, `W` and `#`, which stand alone in their field.
    fn special(&self, field: &str) -> Result<Option<String>, Reason> {
        match self.specials {
            Specials::DayOfMonth if field == "L" || field == "LW" => Ok(Some(field.to_owned())),
            Specials::DayOfMonth => match field.strip_suffix('W') {
                Some(day) => self.value(day).map(|day| Some(format!("{day}W"))),
                None => Ok(None),
            },
            // The last day of the week is Saturday.
            Specials::DayOfWeek if field == "L" => Ok(Some("7".to_owned())),
            Specials::DayOfWeek => match (field.strip_suffix('L'), field.split_once('#')) {
                (Some(day), _) => self.value(day).map(|day| Some(format!("{day}L"))),
                (None, Some((day, "1" | "2" | "3" | "4" | "5"))) => Ok(Some(format!(
                    "{}#{}",
                    self.value(day)?,
                    &field[field.len() - 1..]
                ))),
                (None, Some(_)) => Err(self.refuse(field)),
                (None, None) => Ok(None),
            },
            Specials::None => Ok(None),
        }
    }

    /// `*`, `5`, `2-9`, `22-3`, each with an optional `/step`.
    fn item(&self, item: &str) -> Result<Vec<u16>, Reason> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (
                range,
                Some(
                    number(step)
                        .filter(|step| *step > 0)
                        .ok_or_else(|| self.refuse(item))?,
                ),
            ),
            None => (item, None),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (self.minimum, self.maximum),
            Some((first, last)) => (self.value(first)?, self.value(last)?),
            None if step.is_some() => (self.value(range)?, self.maximum),
            None => (self.value(range)?, self.value(range)?),
        };
        let size = self.maximum - self.minimum + 1;
        let length = if last >= first {
            last - first
        } else {
            last + size - first
        };
        let wrapped = |offset: u16| (first - self.minimum + offset) % size + self.minimum;
        Ok((0..=length)
            .step_by(usize::from(step.unwrap_or(1)))
            .map(wrapped)
            .collect())
    }

    fn value(&self, text: &str) -> Result<u16, Reason> {
        let named = self
            .names
            .iter()
            .position(|name| *name == text)
            .and_then(|index| u16::try_from(index).ok());
        named
            .map(|index| self.minimum + index)
            .or_else(|| number(text))
            .filter(|value| (self.minimum..=self.maximum).contains(value))
            .ok_or_else(|| self.refuse(text))
    }

    fn refuse(&self, text: &str) -> Reason {
        Reason::CronValue {
            found: text.to_owned(),
            field: self.name,
            minimum: self.minimum,
            maximum: self.maximum,
        }
    }
}

fn number(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
