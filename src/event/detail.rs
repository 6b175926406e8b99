use schemars::JsonSchema;
use serde::Serialize;

use super::Header;

// An event's detail as it is written: the fields of all events and those of its type in one object.
// Its schema has the body's name and words, so it has no doc comment of its own, and the body comes
// first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{Body}")]
pub(super) struct Detail<Body> {
    #[serde(flatten)]
    body: Body,
    #[serde(flatten)]
    header: Header,
    schema_version: String,
}
