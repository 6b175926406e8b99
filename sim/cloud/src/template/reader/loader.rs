use std::collections::BTreeMap;

use crate::stack::{Account, Position, Stack};
use crate::template::reader::condition;
use crate::template::reader::context::Context;
use crate::template::reader::declaration::{self, Declaration, Globals};
use crate::template::reader::error::{Problem, TemplateErrors};
use crate::template::reader::fields::Fields;
use crate::template::reader::graph;
use crate::template::reader::identity::Known;
use crate::template::reader::names::Names;
use crate::template::reader::node::{Entry, Node};
use crate::template::reader::parameter;
use crate::template::reader::report::Report;
use crate::template::reader::scope::Scope;
use crate::template::reader::yaml;
use crate::template::resource;
use crate::template::resource::attachment::Attachment;

/// Reads a SAM or CloudFormation template (YAML or JSON) and resolves everything in it.
///
/// `parameters` are values for the template's parameters; the others take their defaults.
/// `environment` says where the stack lives. The result holds every resource whose condition is
/// true.
///
/// # Errors
/// All that is wrong with the template, in the order of the file: what is not YAML, names that
/// nobody declared, resource types and properties that this reader does not know (on every level),
/// values of a wrong type or outside their range, circular dependencies, assertions of `Rules` that
/// do not hold. Nothing is skipped in silence.
pub fn load(
    file_name: &str,
    text: &str,
    parameters: &BTreeMap<String, String>,
    environment: &Account,
) -> Result<Stack, TemplateErrors> {
    let report = Report::new(file_name);
    let stack =
        yaml::parse(text, &report).map(|root| read(&root, parameters, environment, &report));
    match stack {
        Some(stack) if report.is_empty() => Ok(stack),
        _ => Err(report.into_errors()),
    }
}

/// The sections of a template.
struct Sections<'a> {
    rules: &'a [Entry],
    conditions: &'a [Entry],
    outputs: &'a [Entry],
    declarations: Vec<Declaration>,
}

fn read(
    root: &Node,
    given: &BTreeMap<String, String>,
    account: &Account,
    report: &Report,
) -> Stack {
    let fields = Fields::new("the template", root, report);
    fields.text("Description");
    fields.choice("AWSTemplateFormatVersion", &["2010-09-09"]);
    fields.choice("Transform", &["AWS::Serverless-2016-10-31"]);
    fields.accept(&["Metadata"]);
    let entries = |name| fields.node(name).map(Node::entries).unwrap_or_default();
    let parameters = parameter::values(fields.node("Parameters"), given, report);
    let globals = Globals::read(fields.node("Globals"), report);
    fields.required("Resources");
    let sections = Sections {
        rules: entries("Rules"),
        conditions: entries("Conditions"),
        outputs: entries("Outputs"),
        declarations: entries("Resources")
            .iter()
            .map(|entry| Declaration::read(entry, &globals, report))
            .collect(),
    };
    Names::new(&parameters, sections.conditions, &sections.declarations).check(
        &sections.declarations,
        sections.rules,
        sections.outputs,
        report,
    );
    let (none, nobody) = (BTreeMap::new(), BTreeMap::new());
    let scope = Scope {
        report,
        account,
        parameters: &parameters,
        mappings: entries("Mappings"),
        conditions: &none,
        identities: &nobody,
    };
    let conditions = condition::decide_all(sections.conditions, scope);
    let scope = Scope {
        conditions: &conditions,
        ..scope
    };
    check_rules(sections.rules, scope);
    build(&sections, scope)
}

fn build(sections: &Sections<'_>, scope: Scope<'_>) -> Stack {
    let mut builder = Builder::default();
    builder.identities.extend(
        sections
            .declarations
            .iter()
            .map(|declaration| (declaration.id.clone(), Known::Unreadable)),
    );
    for declaration in graph::order(&sections.declarations, scope.conditions, scope.report) {
        let condition = declaration
            .condition
            .as_ref()
            .filter(|(name, _)| scope.conditions.get(name) == Some(&false));
        match condition {
            Some((condition, _)) => builder.leave_out(declaration, condition, scope),
            None => builder.create(declaration, scope),
        }
    }
    let Builder {
        mut stack,
        later,
        identities,
    } = builder;
    later
        .into_iter()
        .for_each(|attachment| attachment.attach(&mut stack, scope.report));
    refuse_duplicates(&stack, scope.report);
    read_outputs(
        sections.outputs,
        Scope {
            identities: &identities,
            ..scope
        },
        &mut stack,
    );
    stack
}

/// The stack as far as it is read.
#[derive(Clone, Default)]
struct Builder {
    stack: Stack,
    later: Vec<Attachment>,
    identities: BTreeMap<String, Known>,
}

impl Builder {
    fn create(&mut self, declaration: &Declaration, scope: Scope<'_>) {
        let properties = Scope {
            identities: &self.identities,
            ..scope
        }
        .resolve(&declaration.properties);
        let fields = Fields::new(declaration.resource_type.clone(), &properties, scope.report);
        let place = declaration.position;
        self.stack.places.insert(declaration.id.clone(), place);
        let mut context = Context {
            id: &declaration.id,
            position: declaration.position,
            account: scope.account,
            stack: &mut self.stack,
            identities: &mut self.identities,
            later: &mut self.later,
        };
        let known = match resource::read(&declaration.resource_type, &fields, &mut context) {
            Some(identity) => Known::Created(identity),
            None => {
                fields.accept_everything();
                report_type(declaration, scope.report);
                Known::Unreadable
            }
        };
        self.identities.insert(declaration.id.clone(), known);
    }

    /// A resource whose condition is false. Its names are checked all the same; its values need not
    /// make sense.
    fn leave_out(&mut self, declaration: &Declaration, condition: &str, scope: Scope<'_>) {
        let aside = scope.report.aside();
        self.clone().create(
            declaration,
            Scope {
                report: &aside,
                ..scope
            },
        );
        let about_names = |problem: &Problem| {
            matches!(problem, Problem::Unknown { .. } | Problem::Missing { .. })
        };
        for error in aside
            .into_errors()
            .into_iter()
            .filter(|error| about_names(&error.problem))
        {
            scope.report.add(error.position, error.problem);
        }
        for id in declaration
            .generated_ids()
            .into_iter()
            .chain([declaration.id.clone()])
        {
            self.identities.insert(
                id,
                Known::LeftOut {
                    condition: condition.to_owned(),
                },
            );
        }
    }
}

fn report_type(declaration: &Declaration, report: &Report) {
    if !declaration.resource_type.is_empty() {
        report.unknown(
            declaration.type_position,
            "resource type",
            &declaration.resource_type,
            &declaration.id,
            resource::known_types(),
        );
    }
}

/// The section `Rules`: assertions over parameters.
fn check_rules(entries: &[Entry], scope: Scope<'_>) {
    for entry in entries {
        let fields = Fields::new(format!("Rules.{}", entry.key), &entry.value, scope.report);
        let applies = fields
            .node("RuleCondition")
            .is_none_or(|node| condition::truth(node, scope) == Some(true));
        fields.required("Assertions");
        for assertion in fields.objects("Assertions") {
            let description = assertion
                .text("AssertDescription")
                .unwrap_or_else(|| "an assertion without a description".to_owned());
            let Some(node) = assertion.required("Assert") else {
                continue;
            };
            if condition::truth(node, scope) == Some(false) && applies {
                scope.report.add(
                    assertion.position(),
                    Problem::Assertion {
                        rule: entry.key.clone(),
                        description,
                    },
                );
            }
        }
    }
}

fn read_outputs(entries: &[Entry], scope: Scope<'_>, stack: &mut Stack) {
    for entry in entries {
        let condition = entry.value.get("Condition").and_then(Node::scalar);
        if condition.is_some_and(|name| scope.conditions.get(&name) == Some(&false)) {
            continue;
        }
        let resolved = scope.resolve(&entry.value);
        let fields = Fields::new(format!("Outputs.{}", entry.key), &resolved, scope.report);
        fields.text("Description");
        fields.text("Condition");
        if let Some(export) = fields.object("Export") {
            export.required_text("Name");
        }
        stack
            .outputs
            .insert(entry.key.clone(), fields.required_text("Value"));
    }
}

/// Two resources of one kind must not have the same ARN.
fn refuse_duplicates(stack: &Stack, report: &Report) {
    let mut arns: Vec<(&str, &str)> = Vec::new();
    arns.extend(
        stack
            .buses
            .iter()
            .map(|item| (&*item.arn, &*item.logical_id)),
    );
    arns.extend(
        stack
            .archives
            .iter()
            .map(|item| (&*item.arn, &*item.logical_id)),
    );
    arns.extend(
        stack
            .rules
            .iter()
            .map(|item| (&*item.arn, &*item.logical_id)),
    );
    arns.extend(
        stack
            .queues
            .iter()
            .map(|item| (&*item.arn, &*item.logical_id)),
    );
    arns.extend(
        stack
            .functions
            .iter()
            .map(|item| (&*item.arn, &*item.logical_id)),
    );
    arns.extend(
        stack
            .tables
            .iter()
            .map(|item| (&*item.arn, &*item.logical_id)),
    );
    arns.extend(
        stack
            .schedules
            .iter()
            .map(|item| (&*item.arn, &*item.logical_id)),
    );
    arns.extend(
        stack
            .topics
            .iter()
            .map(|item| (&*item.arn, &*item.logical_id)),
    );
    arns.extend(
        stack
            .alarms
            .iter()
            .map(|item| (&*item.arn, &*item.logical_id)),
    );
    arns.extend(
        stack
            .roles
            .iter()
            .map(|item| (&*item.arn, &*item.logical_id)),
    );
    let mut named: Vec<(&str, Position)> = arns
        .into_iter()
        .map(|(arn, id)| (arn, stack.places.get(id).copied().unwrap_or_default()))
        .collect();
    named.sort_by_key(|(_, position)| *position);
    declaration::refuse_duplicates(&named, report);
}
