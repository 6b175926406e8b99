use std::fmt::Write as _;
use std::path::Path;

use alchemiser::schema::{EventSchema, event_schemas};
use clap::Args;
use schemars::schema_for;
use serde_json::Value;

use crate::error::CliError;
use crate::output::say;
use alchemiser_binding::scenario::Scenario;
use alchemiser_binding::text_file::read_text;

/// Between these lines of template.yaml nothing is written by hand.
const BEGIN: &str =
    "  # Made from the types in src/event/ by `cargo sim schema --template`; not edited by hand.\n";
const END: &str = "  # End of what `cargo sim schema --template` makes.\n";

/// The template's own value for EVENTBRIDGE__SOURCE_PREFIX.
const SOURCE_PREFIX: &str = "alchemiser";

/// The widest line of a schema in the template.
const WIDTH: usize = 140;

#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// Writes the events' OpenAPI schemas into this template instead.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "template.yaml")]
    template: Option<std::path::PathBuf>,
}

pub fn schema(arguments: &SchemaArguments) -> Result<bool, CliError> {
    match &arguments.template {
        Some(path) => write_events(path).map(|()| true),
        None => say(&format!("{}\n", scenario_schema())).map(|()| true),
    }
}

/// The JSON Schema of scenario files, so that editors complete them.
fn scenario_schema() -> String {
    serde_json::to_string_pretty(&schema_for!(Scenario)).expect("a schema is JSON")
}

fn write_events(path: &Path) -> Result<(), CliError> {
    let template = read_text(path).map_err(|source| CliError::Read {
        path: path.to_owned(),
        source,
    })?;
    let fresh = with_events(&template).ok_or_else(|| CliError::NoSchemaLines {
        path: path.to_owned(),
        begin: BEGIN,
        end: END,
    })?;
    std::fs::write(path, fresh).map_err(|source| CliError::Write {
        path: path.to_owned(),
        source,
    })
}

/// The template with fresh schemas between the two lines.
fn with_events(template: &str) -> Option<String> {
    let (before, rest) = template.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    let resources: Vec<String> = event_schemas(SOURCE_PREFIX).iter().map(resource).collect();
    Some(format!(
        "{before}{BEGIN}{}{END}{after}",
        resources.join("\n")
    ))
}

fn resource(schema: &EventSchema) -> String {
    let sender = schema.source.rsplit('.').next().unwrap_or_default();
    let mut initial = sender.chars();
    let sender: String = initial
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(initial)
        .collect();
    let mut yaml = format!(
        "  {sender}{}Schema:\n    Type: AWS::EventSchemas::Schema\n    Properties:\n",
        schema.detail_type
    );
    yaml.push_str("      RegistryName: !GetAtt SchemaRegistry.RegistryName\n");
    let name = schema.name();
    write!(
        yaml,
        "      SchemaName: {name}\n      Type: OpenApi3\n      Content: |\n        "
    )
    .expect("a text takes what is written");
    lay_out(&schema.content, 8, 0, &mut yaml);
    yaml.push('\n');
    yaml
}

/// JSON for people: what fits on the rest of its line stays on it.
fn lay_out(value: &Value, indent: usize, taken: usize, text: &mut String) {
    let line = value.to_string();
    let (open, close, items): (_, _, Vec<(String, &Value)>) = match value {
        Value::Object(map) => (
            '{',
            '}',
            map.iter()
                .map(|(key, value)| (format!("{}: ", Value::from(key.as_str())), value))
                .collect(),
        ),
        Value::Array(list) => (
            '[',
            ']',
            list.iter().map(|value| (String::new(), value)).collect(),
        ),
        _ => return text.push_str(&line),
    };
    if indent + taken + line.chars().count() < WIDTH {
        return text.push_str(&line);
    }
    text.push(open);
    for (number, (key, value)) in items.iter().enumerate() {
        text.push_str(if number == 0 { "\n" } else { ",\n" });
        text.push_str(&" ".repeat(indent + 2));
        text.push_str(key);
        lay_out(value, indent + 2, key.chars().count(), text);
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push(close);
}
