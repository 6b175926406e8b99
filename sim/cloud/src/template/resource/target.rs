use crate::stack::{InputTransformer, RetryPolicy, Target};
use crate::template::reader::fields::Fields;

impl Target {
    /// Reads one entry of `Targets`.
    pub(in crate::template) fn read(fields: &Fields<'_>) -> Self {
        let id = fields.required_text("Id");
        if let Some(node) = fields.node("Id").filter(|_| !is_target_id(&id)) {
            fields.invalid(
                node,
                "Id",
                "must be 1 to 64 letters, digits or any of \".-_\"",
            );
        }
        let arn = fields.required_text("Arn");
        let role_arn = fields.text("RoleArn");
        let group = fields
            .object("SqsParameters")
            .map(|parameters| parameters.required_text("MessageGroupId"));
        let dead_letter_arn = fields
            .object("DeadLetterConfig")
            .and_then(|config| config.text("Arn"));
        Self {
            message_group_id: group,
            role_arn,
            dead_letter_arn,
            ..Self::shaped(fields, id, arn)
        }
    }

    /// The properties that a rule's target and a SAM event share: what is delivered, and how
    /// stubbornly.
    pub(in crate::template) fn shaped(fields: &Fields<'_>, id: String, arn: String) -> Self {
        fields.choose("at most one", &["Input", "InputPath", "InputTransformer"]);
        Self {
            id,
            arn,
            input: limited(fields, "Input", 8192),
            input_path: limited(fields, "InputPath", 256),
            input_transformer: fields
                .object("InputTransformer")
                .map(|transformer| InputTransformer::read(&transformer)),
            retry_policy: RetryPolicy::read(fields),
            dead_letter_arn: None,
            message_group_id: None,
            role_arn: None,
        }
    }
}

impl InputTransformer {
    fn read(fields: &Fields<'_>) -> Self {
        fields.required("InputTemplate");
        let template = limited(fields, "InputTemplate", 8192).unwrap_or_default();
        Self {
            paths: fields.text_map("InputPathsMap"),
            template,
        }
    }
}

fn is_target_id(id: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
    id.is_empty() || id.len() <= 64 && id.chars().all(fits)
}

fn limited(fields: &Fields<'_>, name: &'static str, limit: usize) -> Option<String> {
    let text = fields.text(name)?;
    if text.is_empty() || text.chars().count() > limit {
        fields.invalid(
            fields.node(name)?,
            name,
            &format!("must be 1 to {limit} characters long"),
        );
    }
    Some(text)
}
