use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// Changes to the template.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Topology {
    /// Values for the template's parameters.
    pub parameters: BTreeMap<String, String>,
    /// Resources that are missing, by logical id: a rule, a permission, a queue, a queue policy, a
    /// schedule, an archive.
    pub without: Vec<String>,
    /// Statements that the roles' policies lack, by `Sid`: the function is denied what they allow.
    pub without_statements: Vec<String>,
    /// Rules and schedules that are disabled, by logical id.
    pub disabled: Vec<String>,
    /// Rules whose targets lost their input transformer, by logical id.
    pub untransformed: Vec<String>,
}
