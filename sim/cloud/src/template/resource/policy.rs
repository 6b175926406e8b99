use crate::stack::{Effect, PolicyCondition, PolicyDocument, Principal, Statement};
use crate::template::reader::fields::Fields;
use crate::template::reader::node::Kind;
use crate::template::reader::node::Node;
use crate::template::reader::report::Report;
use crate::template::reader::yaml;

impl PolicyDocument {
    /// Reads the JSON text of a resource policy.
    ///
    /// # Errors
    /// The first thing in it that is unknown here.
    pub fn parse(text: &str) -> Result<Self, String> {
        let report = Report::new("policy");
        let document = yaml::parse(text, &report)
            .map(|root| Self::read(&Fields::new("the policy", &root, &report), Parts::Resource));
        match document {
            Some(document) if report.is_empty() => Ok(document),
            _ => Err(report
                .into_errors()
                .first()
                .map_or_else(|| "it is no policy".to_owned(), ToString::to_string)),
        }
    }

    /// Reads a policy document; `principals` tells a resource or trust policy from an identity
    /// policy.
    pub(in crate::template) fn read(fields: &Fields<'_>, with: Parts) -> Self {
        fields.choice("Version", &["2012-10-17", "2008-10-17"]);
        fields.text("Id");
        let single = matches!(
            fields.required("Statement").map(|node| &node.kind),
            Some(Kind::Map(_))
        );
        let statements = if single {
            fields.object("Statement").into_iter().collect()
        } else {
            fields.objects("Statement")
        };
        Self {
            statements: statements
                .iter()
                .map(|statement| Statement::read(statement, with))
                .collect(),
        }
    }
}

/// Which parts the statements of a document have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::template) enum Parts {
    /// Identity policy: resources, no principals.
    Identity,
    /// Resource policy: principals and resources.
    Resource,
    /// Trust policy: principals, no resources.
    Trust,
}

impl Statement {
    pub(in crate::template) fn read(fields: &Fields<'_>, parts: Parts) -> Self {
        fields.required("Effect");
        fields.required("Action");
        if parts != Parts::Trust {
            fields.required("Resource");
        }
        let deny = fields.choice("Effect", &["Allow", "Deny"]).as_deref() == Some("Deny");
        Self {
            sid: fields.text("Sid"),
            effect: if deny { Effect::Deny } else { Effect::Allow },
            principals: if parts == Parts::Identity {
                Vec::new()
            } else {
                principals(fields)
            },
            actions: fields.one_or_many("Action"),
            resources: if parts == Parts::Trust {
                Vec::new()
            } else {
                fields.one_or_many("Resource")
            },
            conditions: fields
                .object("Condition")
                .map(|condition| PolicyCondition::read_all(&condition))
                .unwrap_or_default(),
        }
    }
}

fn principals(fields: &Fields<'_>) -> Vec<Principal> {
    match fields.required("Principal").map(|node| &node.kind) {
        Some(Kind::Text(text)) if text == "*" => return vec![Principal::Anyone],
        Some(_) => {}
        None => return Vec::new(),
    }
    let Some(principal) = fields.object("Principal") else {
        return Vec::new();
    };
    let aws = |arn: String| {
        if arn == "*" {
            Principal::Anyone
        } else {
            Principal::Aws(arn)
        }
    };
    let services = principal
        .one_or_many("Service")
        .into_iter()
        .map(Principal::Service);
    let accounts = principal.one_or_many("AWS").into_iter().map(aws);
    let federated = principal
        .one_or_many("Federated")
        .into_iter()
        .map(Principal::Federated);
    services.chain(accounts).chain(federated).collect()
}

/// A policy document below a key.
pub(in crate::template) fn document(
    fields: &Fields<'_>,
    name: &'static str,
    parts: Parts,
) -> PolicyDocument {
    let node: Option<&Node> = fields.required(name);
    node.map(|node| PolicyDocument::read(&fields.below(name, node), parts))
        .unwrap_or_default()
}
