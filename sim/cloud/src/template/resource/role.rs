use crate::stack::{PolicyDocument, Role, RolePolicy};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::resource::attachment::Attachment;
use crate::template::resource::managed_policy;
use crate::template::resource::policy;
use crate::template::resource::policy::Parts;

impl Role {
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
