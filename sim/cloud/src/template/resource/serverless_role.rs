//! Parts of the roles that SAM generates.

use crate::stack::{Effect, PolicyDocument, Principal, RolePolicy, Statement};
use crate::template::reader::fields::Fields;
use crate::template::resource::policy::Parts;

/// A policy of one statement.
pub(in crate::template) fn one_statement(name: &str, statement: Statement) -> RolePolicy {
    RolePolicy {
        name: name.to_owned(),
        document: PolicyDocument {
            statements: vec![statement],
        },
    }
}

/// A trust policy for one service.
pub(in crate::template) fn trust(service: &str) -> PolicyDocument {
    let statement = Statement {
        sid: None,
        effect: Effect::Allow,
        principals: vec![Principal::Service(service.to_owned())],
        actions: vec!["sts:AssumeRole".to_owned()],
        resources: Vec::new(),
        conditions: Vec::new(),
    };
    PolicyDocument {
        statements: vec![statement],
    }
}

/// An inline policy document of `Policies`.
pub(in crate::template) fn inline_policy(fields: &Fields<'_>) -> RolePolicy {
    RolePolicy {
        name: "Inline".to_owned(),
        document: PolicyDocument::read(fields, Parts::Identity),
    }
}

/// What SAM lets a function do with its own destination or dead-letter queue.
pub(in crate::template) fn sending_policy(arn: &str) -> Option<RolePolicy> {
    let action = match arn.split(':').nth(2)? {
        "sqs" => "sqs:SendMessage",
        "sns" => "sns:Publish",
        "lambda" => "lambda:InvokeFunction",
        "events" => "events:PutEvents",
        _ => return None,
    };
    Some(one_statement(
        "Destination",
        Statement::allow(&[action], &[arn.to_owned()]),
    ))
}
