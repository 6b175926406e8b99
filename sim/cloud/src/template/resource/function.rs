use std::collections::BTreeMap;

use crate::stack::{Function, InvokeConfig, Secret};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;

impl Function {
    /// `AWS::Lambda::Function`.
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        let mut function = Self::common(fields, context);
        function.role_arn = fields.required_text("Role");
        function.dead_letter_arn = fields
            .object("DeadLetterConfig")
            .and_then(|config| config.text("TargetArn"));
        if let Some(code) = fields.required_object("Code") {
            code.accept(&[
                "S3Bucket",
                "S3Key",
                "S3ObjectVersion",
                "ZipFile",
                "ImageUri",
                "SourceKMSKeyArn",
            ]);
        }
        if let Some(tracing) = fields.object("TracingConfig") {
            tracing.choice("Mode", &["Active", "PassThrough"]);
        }
        function.add(context)
    }

    /// The properties that both resource types share.
    pub(in crate::template) fn common(fields: &Fields<'_>, context: &Context<'_>) -> Self {
        let name = fields
            .name("FunctionName", 64, "-_")
            .unwrap_or_else(|| context.generated_name(64));
        let environment = fields
            .object("Environment")
            .map(|environment| environment.text_map("Variables"))
            .unwrap_or_default();
        settings(fields);
        Self {
            logical_id: context.id.to_owned(),
            arn: context.account.arn("lambda", &format!("function:{name}")),
            name,
            runtime: fields.text("Runtime"),
            handler: fields.text("Handler"),
            role_arn: String::new(),
            timeout_seconds: fields.count("Timeout", 1..=900).unwrap_or(3),
            memory_mb: fields.count("MemorySize", 128..=10_240).unwrap_or(128),
            secrets: secrets(&environment),
            environment,
            reserved_concurrency: fields.count("ReservedConcurrentExecutions", 0..=1_000_000),
            invoke_config: InvokeConfig::default(),
            dead_letter_arn: None,
            event_source_mappings: Vec::new(),
            log_group: fields
                .object("LoggingConfig")
                .and_then(|config| log_group(&config)),
        }
    }

    /// Puts the function into the stack.
    pub(in crate::template) fn add(self, context: &mut Context<'_>) -> Identity {
        let identity = Identity::new(&self.name, [("Arn", &self.arn)]);
        context.stack.functions.push(self);
        identity
    }
}

fn log_group(fields: &Fields<'_>) -> Option<String> {
    fields.choice("LogFormat", &["JSON", "Text"]);
    fields.choice(
        "ApplicationLogLevel",
        &["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"],
    );
    fields.choice("SystemLogLevel", &["DEBUG", "INFO", "WARN"]);
    fields.text("LogGroup")
}

/// Properties that are checked and change nothing here.
fn settings(fields: &Fields<'_>) {
    fields.text("Description");
    fields.text("KmsKeyArn");
    fields.choice("PackageType", &["Zip", "Image"]);
    fields.texts("Layers");
    fields.tags();
    for item in fields.list("Architectures") {
        let known = item
            .scalar()
            .is_some_and(|name| ["arm64", "x86_64"].contains(&name.as_str()));
        if !known && !item.is_unresolved() {
            fields.invalid(item, "Architectures", "must be arm64 or x86_64");
        }
    }
    if let Some(storage) = fields.object("EphemeralStorage") {
        storage.integer("Size", 512..=10_240);
    }
}

fn secrets(environment: &BTreeMap<String, String>) -> BTreeMap<String, Secret> {
    let secret = |(name, value): (&String, &String)| {
        Secret::within(value).map(|secret| (name.clone(), secret))
    };
    environment.iter().filter_map(secret).collect()
}
