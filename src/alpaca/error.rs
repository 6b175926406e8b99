use serde::Deserialize;

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
        let body: Body = serde_json::from_str(text).unwrap_or_else(|_| Body { code: None, message: text.chars().take(200).collect() });
        match status {
            429 => Self::RateLimited { message: body.message },
            500.. => Self::Unavailable { status, message: body.message },
            _ => Self::Refused { status, code: body.code, message: body.message },
        }
    }

    /// Whether a later call may do better.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Unavailable { .. } | Self::RateLimited { .. })
    }

    /// Whether the request may have been carried out although no good answer came.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Unavailable { .. } | Self::Unreadable(_))
    }

    /// Whether the broker takes no part of a share, whatever it said of the asset.
    #[must_use]
    pub fn is_about_fractions(&self) -> bool {
        matches!(self, Self::Refused { message, .. } if message.contains("fractional") || message.contains("not fractionable"))
    }

    /// Whether the broker refuses a `client_order_id` because it knows it already.
    #[must_use]
    pub fn is_duplicate_client_order_id(&self) -> bool {
        matches!(self, Self::Refused { status: 422, message, .. } if message.contains("client_order_id must be unique"))
    }
}
