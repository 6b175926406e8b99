use std::collections::BTreeMap;

use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::reader::position::Position;
use crate::template::reader::secret::Secret;
use crate::template::resource::event_source_mapping::EventSourceMapping;
use crate::template::resource::invoke_config::InvokeConfig;

/// A Lambda function (`AWS::Lambda::Function` or `AWS::Serverless::Function`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The name inside the template.
    pub logical_id: String,
    /// Where the template declares it.
    pub position: Position,
    /// Physical name, at most 64 characters.
    pub name: String,
    /// `arn:...:function:NAME`.
    pub arn: String,
    /// Such as `provided.al2023`; `None` for a container image.
    pub runtime: Option<String>,
    /// Entry point.
    pub handler: Option<String>,
    /// The execution role.
    pub role_arn: String,
    /// An invocation is stopped after this, 1 to 900 s, default 3.
    pub timeout_seconds: u32,
    /// 128 to 10240 MB, default 128.
    pub memory_mb: u32,
    /// Environment variables, with dynamic references as the template writes them.
    pub environment: BTreeMap<String, String>,
    /// The environment variables whose value holds a dynamic reference.
    pub secrets: BTreeMap<String, Secret>,
    /// Most invocations at a time; `None` shares the account's limit.
    pub reserved_concurrency: Option<u32>,
    /// Retries and destinations of asynchronous invocations.
    pub invoke_config: InvokeConfig,
    /// ARN of the queue or topic of the older `DeadLetterConfig`.
    pub dead_letter_arn: Option<String>,
    /// Queues that Lambda polls for it.
    pub event_source_mappings: Vec<EventSourceMapping>,
    /// Name of the log group; `None` is `/aws/lambda/NAME`.
    pub log_group: Option<String>,
}

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
            position: context.position,
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

fn secrets(environment: &BTreeMap<String, String>) -> BTreeMap<String, Secret> {
    let secret = |(name, value): (&String, &String)| {
        Secret::within(value).map(|secret| (name.clone(), secret))
    };
    environment.iter().filter_map(secret).collect()
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
