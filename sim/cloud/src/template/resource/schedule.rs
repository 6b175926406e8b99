use crate::stack::{RetryPolicy, Schedule, ScheduleTarget, ScheduledEvent};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;

impl Schedule {
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        fields.required("FlexibleTimeWindow");
        let name = fields
            .name("Name", 64, ".-_")
            .unwrap_or_else(|| context.generated_name(64));
        let target = fields
            .required_object("Target")
            .map(|target| ScheduleTarget::read(&target))
            .unwrap_or_default();
        fields.text("KmsKeyArn");
        Self::timed(fields, context, name, target).add(context)
    }

    /// The properties that the resource and the SAM event share.
    pub(in crate::template) fn timed(
        fields: &Fields<'_>,
        context: &Context<'_>,
        name: String,
        target: ScheduleTarget,
    ) -> Self {
        let group = fields
            .name("GroupName", 64, ".-_")
            .unwrap_or_else(|| "default".to_owned());
        let expression = fields.required_text("ScheduleExpression");
        let known = ["rate(", "cron(", "at("]
            .iter()
            .any(|start| expression.starts_with(start))
            && expression.ends_with(')');
        if let Some(node) = fields
            .node("ScheduleExpression")
            .filter(|_| !known && !expression.is_empty())
        {
            fields.invalid(
                node,
                "ScheduleExpression",
                "must be rate(...), cron(...) or at(...)",
            );
        }
        fields.text("Description");
        Self {
            logical_id: context.id.to_owned(),
            arn: context
                .account
                .arn("scheduler", &format!("schedule/{group}/{name}")),
            name,
            group,
            expression,
            timezone: fields
                .text("ScheduleExpressionTimezone")
                .unwrap_or_else(|| "UTC".to_owned()),
            enabled: fields.choice("State", &["ENABLED", "DISABLED"]).as_deref()
                != Some("DISABLED"),
            flexible_window_minutes: flexible_window(fields),
            target,
            start: fields.text("StartDate"),
            end: fields.text("EndDate"),
            action_after_completion: fields
                .choice("ActionAfterCompletion", &["NONE", "DELETE"])
                .unwrap_or_else(|| "NONE".to_owned()),
        }
    }

    /// Puts the schedule into the stack.
    pub(in crate::template) fn add(self, context: &mut Context<'_>) -> Identity {
        let identity = Identity::new(&self.name, [("Arn", &self.arn)]);
        context.stack.schedules.push(self);
        identity
    }
}

impl ScheduleTarget {
    fn read(fields: &Fields<'_>) -> Self {
        let event = fields
            .object("EventBridgeParameters")
            .map(|parameters| ScheduledEvent {
                detail_type: parameters.required_text("DetailType"),
                source: parameters.required_text("Source"),
            });
        Self {
            arn: fields.required_text("Arn"),
            role_arn: fields.required_text("RoleArn"),
            input: fields.text("Input"),
            retry_policy: RetryPolicy::read(fields),
            dead_letter_arn: fields
                .object("DeadLetterConfig")
                .and_then(|config| config.text("Arn")),
            event,
            message_group_id: fields
                .object("SqsParameters")
                .and_then(|parameters| parameters.text("MessageGroupId")),
        }
    }
}

fn flexible_window(fields: &Fields<'_>) -> Option<u32> {
    let window = fields.object("FlexibleTimeWindow")?;
    window.required("Mode");
    let flexible = window.choice("Mode", &["OFF", "FLEXIBLE"]).as_deref() == Some("FLEXIBLE");
    let minutes = window.count("MaximumWindowInMinutes", 1..=1440);
    if flexible {
        window.required("MaximumWindowInMinutes");
    }
    minutes.filter(|_| flexible)
}

/// `AWS::Scheduler::ScheduleGroup`, whose name is all that matters.
pub(in crate::template) fn read_group(
    fields: &Fields<'_>,
    context: &Context<'_>,
) -> (String, Identity) {
    let name = fields
        .name("Name", 64, ".-_")
        .unwrap_or_else(|| context.generated_name(64));
    fields.tags();
    let identity = Identity::new(
        &name,
        [(
            "Arn",
            &context
                .account
                .arn("scheduler", &format!("schedule-group/{name}")),
        )],
    );
    (name, identity)
}
