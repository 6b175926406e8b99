use std::collections::BTreeMap;

use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::reader::position::Position;

/// A CloudWatch alarm on one metric (`AWS::CloudWatch::Alarm`); metric math is not supported.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// The name inside the template.
    pub logical_id: String,
    /// Where the template declares it.
    pub position: Position,
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

    fn read(fields: &Fields<'_>) -> Self {
        const NAMES: [&str; 4] = [
            "GreaterThanThreshold",
            "GreaterThanOrEqualToThreshold",
            "LessThanThreshold",
            "LessThanOrEqualToThreshold",
        ];
        fields.required("ComparisonOperator");
        match fields.choice("ComparisonOperator", &NAMES).as_deref() {
            Some("GreaterThanThreshold") => Self::GreaterThanThreshold,
            Some("LessThanThreshold") => Self::LessThanThreshold,
            Some("LessThanOrEqualToThreshold") => Self::LessThanOrEqualToThreshold,
            _ => Self::GreaterThanOrEqualToThreshold,
        }
    }
}

impl Alarm {
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        const MISSING: [&str; 4] = ["breaching", "notBreaching", "ignore", "missing"];
        let name = fields
            .text("AlarmName")
            .unwrap_or_else(|| context.generated_name(255));
        let arn = context.account.arn("cloudwatch", &format!("alarm:{name}"));
        let identity = Identity::new(&name, [("Arn", &arn)]);
        fields.required("EvaluationPeriods");
        let periods = fields.count("EvaluationPeriods", 1..=86_400).unwrap_or(1);
        let (threshold_text, threshold) = threshold(fields);
        fields.accept(&["Unit"]);
        fields.tags();
        let alarm = Self {
            logical_id: context.id.to_owned(),
            position: context.position,
            name,
            arn,
            description: fields.text("AlarmDescription"),
            namespace: fields.required_text("Namespace"),
            metric: fields.required_text("MetricName"),
            dimensions: dimensions(fields),
            statistic: statistic(fields),
            period_seconds: period(fields),
            evaluation_periods: periods,
            datapoints_to_alarm: fields
                .count("DatapointsToAlarm", 1..=periods)
                .unwrap_or(periods),
            threshold_text,
            threshold,
            comparison: Comparison::read(fields),
            treat_missing_data: fields
                .choice("TreatMissingData", &MISSING)
                .unwrap_or_else(|| "missing".to_owned()),
            actions_enabled: fields.boolean("ActionsEnabled").unwrap_or(true),
            alarm_actions: fields.texts("AlarmActions"),
            ok_actions: fields.texts("OKActions"),
            insufficient_data_actions: fields.texts("InsufficientDataActions"),
        };
        context.stack.alarms.push(alarm);
        identity
    }
}

fn dimensions(fields: &Fields<'_>) -> BTreeMap<String, String> {
    let dimensions = fields.objects("Dimensions");
    dimensions
        .iter()
        .map(|dimension| {
            (
                dimension.required_text("Name"),
                dimension.required_text("Value"),
            )
        })
        .collect()
}

fn statistic(fields: &Fields<'_>) -> String {
    fields.choose("exactly one", &["Statistic", "ExtendedStatistic"]);
    let plain = fields.choice(
        "Statistic",
        &["SampleCount", "Average", "Sum", "Minimum", "Maximum"],
    );
    let extended = fields.text("ExtendedStatistic");
    let percentile = |text: &String| {
        text.strip_prefix('p').is_some_and(|rest| {
            rest.parse::<f64>()
                .is_ok_and(|value| (0.0..=100.0).contains(&value))
        })
    };
    if let Some(node) = fields
        .node("ExtendedStatistic")
        .filter(|_| !extended.as_ref().is_some_and(percentile))
    {
        fields.invalid(
            node,
            "ExtendedStatistic",
            "must be a percentile from p0 to p100",
        );
    }
    plain.or(extended).unwrap_or_default()
}

fn period(fields: &Fields<'_>) -> u32 {
    let period = fields.count("Period", 1..=604_800).unwrap_or(60);
    if let Some(node) = fields
        .node("Period")
        .filter(|_| ![1, 5, 10, 20, 30].contains(&period) && !period.is_multiple_of(60))
    {
        fields.invalid(
            node,
            "Period",
            "must be 10, 20, 30 or a multiple of 60 seconds",
        );
    }
    period
}

fn threshold(fields: &Fields<'_>) -> (String, f64) {
    let text = fields.required_text("Threshold");
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    if let Some(node) = fields
        .node("Threshold")
        .filter(|node| number.is_none() && !node.is_unresolved())
    {
        fields
            .report()
            .wrong_type(node.position, "Threshold", "a number", node.shown());
    }
    (text, number.unwrap_or(0.0))
}
