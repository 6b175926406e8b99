use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::reader::position::Position;
use crate::template::resource::attachment::Attachment;
use crate::template::resource::managed_policy;
use crate::template::resource::policy::{self, Effect, Parts, PolicyDocument, PolicyRequest};

/// A role (`AWS::IAM::Role`, or the one that SAM generates for a function or a schedule).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The name inside the template.
    pub logical_id: String,
    /// Where the template declares it.
    pub position: Position,
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

    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        let name = fields
            .name("RoleName", 64, "+=,.@_-")
            .unwrap_or_else(|| context.generated_name(64));
        fields.text("Description");
        fields.accept(&["PermissionsBoundary"]);
        fields.integer("MaxSessionDuration", 3600..=43_200);
        fields.tags();
        let path = fields.text("Path").unwrap_or_else(|| "/".to_owned());
        let mut role = Self::named(context, name, &path);
        role.trust = policy::document(fields, "AssumeRolePolicyDocument", Parts::Trust);
        role.policies = fields
            .objects("Policies")
            .iter()
            .map(RolePolicy::read)
            .collect();
        role.policies
            .extend(managed_policy::read_all(fields, "ManagedPolicyArns"));
        role.add(context)
    }

    /// A role that nobody may assume and that may do nothing.
    pub(in crate::template) fn named(context: &Context<'_>, name: String, path: &str) -> Self {
        Self {
            logical_id: context.id.to_owned(),
            position: context.position,
            arn: context
                .account
                .global_arn("iam", &format!("role{path}{name}")),
            name,
            trust: PolicyDocument::default(),
            policies: Vec::new(),
        }
    }

    /// Puts the role into the stack.
    pub(in crate::template) fn add(self, context: &mut Context<'_>) -> Identity {
        let identity = Identity::new(
            &self.name,
            [("Arn", &self.arn), ("RoleId", "AROAEXAMPLEEXAMPLE000")],
        );
        context.stack.roles.push(self);
        identity
    }
}

impl RolePolicy {
    fn read(fields: &Fields<'_>) -> Self {
        Self {
            name: fields.required_text("PolicyName"),
            document: policy::document(fields, "PolicyDocument", Parts::Identity),
        }
    }

    /// `AWS::IAM::Policy`: a policy that names its roles.
    pub(in crate::template) fn read_resource(
        fields: &Fields<'_>,
        context: &mut Context<'_>,
    ) -> Identity {
        fields.required("Roles");
        let policy = Self::read(fields);
        context.later.push(Attachment::RolePolicy {
            position: context.position,
            roles: fields.texts("Roles"),
            policy,
        });
        Identity::new(context.generated_name(128), [])
    }
}
