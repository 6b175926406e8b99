use crate::stack::{PolicyCondition, wildcard};

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
    pub(crate) fn says(&self, effect: Effect, request: PolicyRequest<'_>) -> bool {
        self.statements
            .iter()
            .any(|statement| statement.effect == effect && statement.matches(request))
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

    /// A statement that allows actions on resources without conditions.
    pub(crate) fn allow(actions: &[&str], resources: &[String]) -> Self {
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

/// The condition keys that a service call on behalf of a resource carries: the resource's ARN and
/// its account.
pub(crate) fn source_keys(source_arn: &str) -> [(&'static str, &str); 3] {
    let account = source_arn.split(':').nth(4).unwrap_or_default();
    [
        ("aws:SourceArn", source_arn),
        ("aws:SourceAccount", account),
        ("aws:SecureTransport", "true"),
    ]
}
