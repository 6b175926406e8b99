use crate::template::reader::fields::Fields;
use crate::template::reader::node::{Kind, Node};
use crate::template::reader::report::Report;
use crate::template::reader::yaml;
use crate::template::resource::policy_condition::PolicyCondition;
use crate::template::resource::wildcard;

/// An IAM policy document, read far enough to answer questions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyDocument {
    /// The statements in the template's order.
    pub statements: Vec<Statement>,
}

/// One statement of a policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its name.
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Who it is about; empty in an identity policy.
    pub principals: Vec<Principal>,
    /// Actions such as `sqs:SendMessage`; `*` and `?` are wildcards, case does not matter.
    pub actions: Vec<String>,
    /// ARNs with wildcards; empty in a trust policy.
    pub resources: Vec<String>,
    /// All of them must hold.
    pub conditions: Vec<PolicyCondition>,
}

/// What a statement does to a request that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Allows it, unless another statement denies it.
    Allow,
    /// Denies it, whatever other statements say.
    Deny,
}

/// Who a statement of a resource policy is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// `*`: everybody.
    Anyone,
    /// A service such as `events.amazonaws.com`.
    Service(String),
    /// An account, user or role, by ARN or account number.
    Aws(String),
    /// An identity provider.
    Federated(String),
}

/// A question to a policy document.
#[derive(Clone, Copy, Debug)]
pub struct PolicyRequest<'a> {
    /// The asking service; `None` asks an identity policy, which names no principal.
    pub service: Option<&'a str>,
    /// Such as `sqs:SendMessage`.
    pub action: &'a str,
    /// ARN of the thing to act upon; empty for a trust policy.
    pub resource: &'a str,
    /// Condition keys (`aws:SourceArn`) with their values.
    pub keys: &'a [(&'a str, &'a str)],
}

impl PolicyDocument {
    /// Whether a statement allows the request and none denies it.
    pub fn allows(&self, request: PolicyRequest<'_>) -> bool {
        self.says(Effect::Allow, request) && !self.says(Effect::Deny, request)
    }

    /// Whether a statement has this effect on the request.
    pub(in crate::template) fn says(&self, effect: Effect, request: PolicyRequest<'_>) -> bool {
        self.statements
            .iter()
            .any(|statement| statement.effect == effect && statement.matches(request))
    }

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

    /// Whether a service may do something with a resource on behalf of another one.
    pub fn allows_service(
        &self,
        service: &str,
        action: &str,
        resource: &str,
        source_arn: &str,
    ) -> bool {
        self.allows(PolicyRequest {
            service: Some(service),
            action,
            resource,
            keys: &source_keys(source_arn),
        })
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
    fn matches(&self, request: PolicyRequest<'_>) -> bool {
        let named = |principal: &Principal| match principal {
            Principal::Anyone => true,
            Principal::Service(service) => request.service == Some(service.as_str()),
            Principal::Aws(_) | Principal::Federated(_) => false,
        };
        let principal = request.service.is_none() || self.principals.iter().any(named);
        let resource = request.resource.is_empty()
            || self
                .resources
                .iter()
                .any(|pattern| wildcard::matches(pattern, request.resource));
        principal
            && resource
            && self
                .actions
                .iter()
                .any(|pattern| wildcard::matches_ignoring_case(pattern, request.action))
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(request.keys))
    }

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

    /// A statement that allows actions on resources without conditions.
    pub(in crate::template) fn allow(actions: &[&str], resources: &[String]) -> Self {
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        Self {
            sid: None,
            effect: Effect::Allow,
            principals: Vec::new(),
            actions,
            resources: resources.to_vec(),
            conditions: Vec::new(),
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

/// The condition keys that a service call on behalf of a resource carries: the resource's ARN and
/// its account.
pub(in crate::template) fn source_keys(source_arn: &str) -> [(&'static str, &str); 3] {
    let account = source_arn.split(':').nth(4).unwrap_or_default();
    [
        ("aws:SourceArn", source_arn),
        ("aws:SourceAccount", account),
        ("aws:SecureTransport", "true"),
    ]
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
