use std::collections::BTreeMap;

/// A CloudWatch alarm on one metric (`AWS::CloudWatch::Alarm`); metric math is not supported.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// The name inside the template.
    pub logical_id: String,
    /// Physical name, at most 255 characters.
    pub name: String,
    /// `arn:...:alarm:NAME`.
    pub arn: String,
    /// What the alarm means.
    pub description: Option<String>,
    /// Such as `AWS/SQS`.
    pub namespace: String,
    /// Such as `ApproximateNumberOfMessagesVisible`.
    pub metric: String,
    /// Dimension name to value.
    pub dimensions: BTreeMap<String, String>,
    /// `Sum`, `Maximum`, ... or a percentile such as `p95`.
    pub statistic: String,
    /// Length of a period, default 60 s.
    pub period_seconds: u32,
    /// Periods that are looked at.
    pub evaluation_periods: u32,
    /// Periods of those that must breach.
    pub datapoints_to_alarm: u32,
    /// The threshold, as the template writes it.
    pub threshold_text: String,
    /// The threshold as a number.
    pub threshold: f64,
    /// How the metric is compared with the threshold.
    pub comparison: Comparison,
    /// `breaching`, `notBreaching`, `ignore` or `missing` (the default).
    pub treat_missing_data: String,
    /// Whether the actions are done at all.
    pub actions_enabled: bool,
    /// ARNs told when the alarm is raised.
    pub alarm_actions: Vec<String>,
    /// ARNs told when all is well again.
    pub ok_actions: Vec<String>,
    /// ARNs told when there is too little data.
    pub insufficient_data_actions: Vec<String>,
}

/// How a metric is compared with a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `>`
    GreaterThanThreshold,
    /// `>=`
    GreaterThanOrEqualToThreshold,
    /// `<`
    LessThanThreshold,
    /// `<=`
    LessThanOrEqualToThreshold,
}

impl Comparison {
    /// Whether a value breaches a threshold.
    pub fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterThanThreshold => value > threshold,
            Self::GreaterThanOrEqualToThreshold => value >= threshold,
            Self::LessThanThreshold => value < threshold,
            Self::LessThanOrEqualToThreshold => value <= threshold,
        }
    }

    /// As CloudWatch names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GreaterThanThreshold => "GreaterThanThreshold",
            Self::GreaterThanOrEqualToThreshold => "GreaterThanOrEqualToThreshold",
            Self::LessThanThreshold => "LessThanThreshold",
            Self::LessThanOrEqualToThreshold => "LessThanOrEqualToThreshold",
        }
    }
}
