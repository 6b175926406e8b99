use crate::stack::Permission;
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;

impl Permission {
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        let function = fields.required_text("FunctionName");
        let permission = Self {
            logical_id: context.id.to_owned(),
            function_arn: function_arn(&function, context),
            action: fields.required_text("Action"),
            principal: fields.required_text("Principal"),
            source_arn: fields.text("SourceArn"),
            source_account: fields.text("SourceAccount"),
        };
        context.stack.permissions.push(permission);
        Identity::new(
            context.generated_name(128),
            [("Id", &context.generated_name(100))],
        )
    }
}

/// A function is named by its name or its ARN.
fn function_arn(name_or_arn: &str, context: &Context<'_>) -> String {
    if name_or_arn.starts_with("arn:") {
        name_or_arn.to_owned()
    } else {
        context
            .account
            .arn("lambda", &format!("function:{name_or_arn}"))
    }
}
