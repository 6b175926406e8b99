use schemars::schema_for;

use crate::scenario::Scenario;

/// The JSON Schema of scenario files, so that editors complete them.
pub(super) fn schema() -> String {
    serde_json::to_string_pretty(&schema_for!(Scenario)).expect("a schema is JSON")
}
