use std::collections::BTreeMap;

use crate::stack::{Alarm, Comparison};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;

impl Comparison {
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
