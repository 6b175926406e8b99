use std::collections::BTreeSet;

use crate::stack::{Rule, Target};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;

impl Rule {
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        fields.choose("at least one", &["EventPattern", "ScheduleExpression"]);
        fields.accept(&["RoleArn"]);
        fields.text("Description");
        fields.tags();
        let bus = fields
            .text("EventBusName")
            .map_or_else(|| "default".to_owned(), |bus| bus_name(&bus));
        let mut rule = Self::on_bus(fields, context, "Name", bus);
        rule.pattern = fields.json_object("EventPattern");
        rule.schedule_expression = fields.text("ScheduleExpression");
        rule.targets = fields.objects("Targets").iter().map(Target::read).collect();
        rule.check_targets(fields);
        if let Some(node) = fields
            .node("ScheduleExpression")
            .filter(|_| rule.bus != "default")
        {
            fields.invalid(
                node,
                "ScheduleExpression",
                "is supported only on the default event bus",
            );
        }
        rule.add(context)
    }

    /// A SAM event with a pattern, without targets.
    pub(in crate::template) fn matching(fields: &Fields<'_>, context: &Context<'_>) -> Self {
        let bus = fields
            .text("EventBusName")
            .map_or_else(|| "default".to_owned(), |bus| bus_name(&bus));
        let pattern = fields.json_object("Pattern");
        Self {
            pattern,
            ..Self::on_bus(fields, context, "RuleName", bus)
        }
    }

    /// A SAM event of type Schedule, without targets.
    pub(in crate::template) fn scheduled(fields: &Fields<'_>, context: &Context<'_>) -> Self {
        fields.choose("at most one", &["Enabled", "State"]);
        let expression = fields.required_text("Schedule");
        let rule = Self::on_bus(fields, context, "Name", "default".to_owned());
        let enabled = fields.boolean("Enabled").unwrap_or(rule.enabled);
        Self {
            schedule_expression: Some(expression),
            enabled,
            ..rule
        }
    }

    /// Name, bus and state: what `AWS::Events::Rule` and SAM events have in common.
    fn on_bus(
        fields: &Fields<'_>,
        context: &Context<'_>,
        name_property: &'static str,
        bus: String,
    ) -> Self {
        let name = fields
            .name(name_property, 64, ".-_")
            .unwrap_or_else(|| context.generated_name(64));
        let state = fields.choice(
            "State",
            &[
                "ENABLED",
                "DISABLED",
                "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
            ],
        );
        let path = if bus == "default" {
            format!("rule/{name}")
        } else {
            format!("rule/{bus}/{name}")
        };
        Self {
            logical_id: context.id.to_owned(),
            arn: context.account.arn("events", &path),
            name,
            bus,
            pattern: None,
            schedule_expression: None,
            enabled: state.as_deref() != Some("DISABLED"),
            targets: Vec::new(),
        }
    }

    /// Puts the rule into the stack.
    pub(in crate::template) fn add(self, context: &mut Context<'_>) -> Identity {
        let reference = if self.bus == "default" {
            self.name.clone()
        } else {
            format!("{}|{}", self.bus, self.name)
        };
        let identity = Identity::new(reference, [("Arn", &self.arn)]);
        context.stack.rules.push(self);
        identity
    }

    fn check_targets(&self, fields: &Fields<'_>) {
        let ids: BTreeSet<&str> = self
            .targets
            .iter()
            .map(|target| target.id.as_str())
            .collect();
        let Some(node) = fields.node("Targets") else {
            return;
        };
        if ids.len() < self.targets.len() {
            fields.invalid(node, "Targets", "must have a different Id each");
        }
        if self.targets.len() > 5 {
            fields.invalid(node, "Targets", "must be five at most");
        }
    }
}

/// A bus is named by its name or its ARN.
pub(in crate::template) fn bus_name(name_or_arn: &str) -> String {
    let name = name_or_arn
        .split_once(":event-bus/")
        .map_or(name_or_arn, |(_, name)| name);
    name.to_owned()
}
