use serde::Deserialize;

use crate::visible::cut;

/// The most characters of what the broker says.
const LONGEST_MESSAGE: usize = 1_000;

/// Why a call to the broker gave no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AlpacaError {
    /// The request could not even be built.
    #[error("not sent: {0}")]
    NotSent(String),
    /// No answer came; the request may have been carried out.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// The broker had trouble (5xx); the request may have been carried out.
    #[error("the broker answered {status}: {message}")]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// The broker's words.
        message: String,
    },
    /// Too many requests; this one was not carried out.
    #[error("the broker refuses for now: {message}")]
    RateLimited {
        /// The broker's words.
        message: String,
    },
    /// The broker said no (4xx).
    #[error("refused with {status}{}: {message}", .code.map(|code| format!(" ({code})")).unwrap_or_default())]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The broker's own code, such as 40310000.
        code: Option<i64>,
        /// The broker's words.
        message: String,
    },
    /// An answer came that cannot be read; the request was carried out.
    #[error("unreadable answer: {0}")]
    Unreadable(String),
}

impl AlpacaError {
    pub(super) fn from_answer(status: u16, text: &str) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Body {
            code: Option<i64>,
            message: String,
        }
        let body: Body = serde_json::from_str(text).unwrap_or_else(|_| Body {
            code: None,
            message: text.chars().take(200).collect(),
        });
        // It goes into events, records and mails, and each of them holds only so much.
        let message = cut(&body.message, LONGEST_MESSAGE);
        match status {
            429 => Self::RateLimited { message },
            500.. => Self::Unavailable { status, message },
            _ => Self::Refused {
                status,
                code: body.code,
                message,
            },
        }
    }

    /// An answer that is not what was asked for; the reason may quote it.
    pub(super) fn unreadable(reason: &impl ToString) -> Self {
        Self::Unreadable(cut(&reason.to_string(), LONGEST_MESSAGE))
    }

    /// Whether a later call may do better.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::Unavailable { .. } | Self::RateLimited { .. }
        )
    }

    /// Whether the request may have been carried out although no good answer came.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::Unavailable { .. } | Self::Unreadable(_)
        )
    }

    /// What a refusal means, where it means something to this system: by its code first, then by
    /// its text.
    #[must_use]
    pub fn meaning(&self) -> Option<Meaning> {
        let Self::Refused { code, message, .. } = self else {
            return None;
        };
        let message = message.to_lowercase();
        let is_known = |code: i64| MEANINGS.iter().any(|row| row.code == Some(code));
        let fits = |row: &&Row| {
            let code_fits = match row.code {
                Some(wanted) => *code == Some(wanted),
                None => !code.is_some_and(is_known),
            };
            code_fits && row.texts.iter().all(|text| message.contains(text))
        };
        MEANINGS.iter().find(fits).and_then(|row| row.meaning)
    }

    /// Whether the broker takes no part of a share, whatever it said of the asset.
    #[must_use]
    pub fn is_about_fractions(&self) -> bool {
        self.meaning() == Some(Meaning::WholeSharesOnly)
    }

    /// Whether the broker refuses a `client_order_id` because it knows it already.
    #[must_use]
    pub fn is_duplicate_client_order_id(&self) -> bool {
        self.meaning() == Some(Meaning::KnownClientOrderId)
    }
}

/// What a refusal means to this system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The broker knows the order's id: the order is there.
    KnownClientOrderId,
    /// Parts of a share are not taken, of this asset or on this account; whole shares may be.
    WholeSharesOnly,
}

/// One answer of the broker: its code, the texts that its message holds, and what it means.
struct Row {
    /// None: for answers without a code, or with one that no row names.
    code: Option<i64>,
    /// In lower case; the message holds all of them.
    texts: &'static [&'static str],
    /// None: nothing that this system acts on.
    meaning: Option<Meaning>,
}

const fn row(code: Option<i64>, texts: &'static [&'static str], meaning: Option<Meaning>) -> Row {
    Row {
        code,
        texts,
        meaning,
    }
}

const BAD_FIELD: Option<i64> = Some(40_010_001);
const FORBIDDEN: Option<i64> = Some(40_310_000);
const UNPROCESSABLE: Option<i64> = Some(42_210_000);

/// The first row that fits says what a refusal means. A code is the broker's promise, but one
/// stands for many things (40310000 for all that an account may not do, 40010001 for every bad
/// field), so the text decides within it.
const MEANINGS: &[Row] = &[
    // "client_order_id must be unique" (docs.alpaca.markets, "Placing Orders").
    row(
        BAD_FIELD,
        &["client_order_id", "unique"],
        Some(Meaning::KnownClientOrderId),
    ),
    row(
        UNPROCESSABLE,
        &["client_order_id", "unique"],
        Some(Meaning::KnownClientOrderId),
    ),
    row(
        None,
        &["client_order_id", "unique"],
        Some(Meaning::KnownClientOrderId),
    ),
    // "qty must be integer": the account may not trade parts of a share (alpacahq/Alpaca-API issues
    // 191 and 236, alpacahq/alpaca-py issues 156 and 499).
    row(
        BAD_FIELD,
        &["qty", "integer"],
        Some(Meaning::WholeSharesOnly),
    ),
    row(BAD_FIELD, &["qty", "whole"], Some(Meaning::WholeSharesOnly)),
    row(BAD_FIELD, &["fraction"], Some(Meaning::WholeSharesOnly)),
    // "fractional orders are not allowed to short": more is sold than held
    // (alpacahq/alpaca-trade-api-python issue 405).
    row(FORBIDDEN, &["fractional", "short"], None),
    // "asset \"X\" is not fractionable", "requested asset is not fractionable"
    // (docs.alpaca.markets, "Fractional Trading"; incident 61).
    row(FORBIDDEN, &["fraction"], Some(Meaning::WholeSharesOnly)),
    row(
        FORBIDDEN,
        &["qty", "integer"],
        Some(Meaning::WholeSharesOnly),
    ),
    // "fractional orders must be DAY orders": another time in force is wanted, and ours are day
    // orders already (same page).
    row(UNPROCESSABLE, &["fractional", "day orders"], None),
    row(UNPROCESSABLE, &["fractional", "short"], None),
    row(UNPROCESSABLE, &["fraction"], Some(Meaning::WholeSharesOnly)),
    row(UNPROCESSABLE, &["integer"], Some(Meaning::WholeSharesOnly)),
    row(
        UNPROCESSABLE,
        &["whole share"],
        Some(Meaning::WholeSharesOnly),
    ),
    row(None, &["fractional", "short"], None),
    row(None, &["fractional", "day orders"], None),
    row(None, &["fraction"], Some(Meaning::WholeSharesOnly)),
    row(None, &["qty", "integer"], Some(Meaning::WholeSharesOnly)),
    row(None, &["whole share"], Some(Meaning::WholeSharesOnly)),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(code: i64, message: &str) -> Option<Meaning> {
        AlpacaError::Refused {
            status: 422,
            code: Some(code),
            message: message.to_owned(),
        }
        .meaning()
    }

    #[test]
    fn refusals_of_parts_of_a_share_are_known_in_all_their_words() {
        for (code, message) in [
            (40_010_001, "qty must be integer"),
            (40_010_001, "Qty must be an integer"),
            (49_900_000, "qty must be integer"),
            (40_310_000, "asset \"EDZ\" is not fractionable"),
            (40_310_000, "requested asset is not fractionable"),
            (
                42_210_000,
                "fractional trading is not enabled for this account",
            ),
            (42_210_000, "only whole shares are accepted"),
        ] {
            assert_eq!(
                meaning(code, message),
                Some(Meaning::WholeSharesOnly),
                "{message}"
            );
        }
    }

    #[test]
    fn other_refusals_do_not_mean_that() {
        for (code, message) in [
            (40_310_000, "insufficient buying power"),
            (40_310_000, "fractional orders are not allowed to short"),
            (42_210_000, "fractional orders must be DAY orders"),
            (40_010_001, "qty is required"),
        ] {
            assert_eq!(meaning(code, message), None, "{message}");
        }
        assert_eq!(
            meaning(40_010_001, "client_order_id must be unique"),
            Some(Meaning::KnownClientOrderId)
        );
        assert_eq!(
            AlpacaError::Unavailable {
                status: 503,
                message: "qty must be integer".to_owned()
            }
            .meaning(),
            None
        );
    }
}
