use super::policy;
use crate::stack::{Effect, PolicyDocument, PolicyRequest};

/// A role (`AWS::IAM::Role`, or the one that SAM generates for a function or a schedule).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The name inside the template.
    pub logical_id: String,
    /// Physical name, at most 64 characters.
    pub name: String,
    /// `arn:...:iam::ACCOUNT:role/NAME`.
    pub arn: String,
    /// Who may assume it.
    pub trust: PolicyDocument,
    /// What it may do: inline policies, those of `AWS::IAM::Policy`, and the statements of managed
    /// policies.
    pub policies: Vec<RolePolicy>,
}

/// One policy of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolePolicy {
    /// Its name, or the ARN of a managed policy.
    pub name: String,
    /// What it allows.
    pub document: PolicyDocument,
}

impl Role {
    /// Whether the role's policies together allow an action on a resource.
    pub fn allows(&self, action: &str, resource: &str) -> bool {
        let request = PolicyRequest {
            service: None,
            action,
            resource,
            keys: &[("aws:SecureTransport", "true")],
        };
        let says = |effect| {
            self.policies
                .iter()
                .any(|policy| policy.document.says(effect, request))
        };
        says(Effect::Allow) && !says(Effect::Deny)
    }

    /// Whether a service may assume the role on behalf of a resource.
    pub fn may_be_assumed_by(&self, service_principal: &str, source_arn: &str) -> bool {
        let keys = policy::source_keys(source_arn);
        let request = PolicyRequest {
            service: Some(service_principal),
            action: "sts:AssumeRole",
            resource: "",
            keys: &keys,
        };
        self.trust.allows(request)
    }
}
