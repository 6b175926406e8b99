mod broken;
mod foreign;
mod project;

use std::collections::BTreeMap;

use super::{TemplateError, TemplateErrors, load};
use crate::stack::{Account, Stack};

pub(super) fn place() -> Account {
    Account {
        stack: "shop".to_owned(),
        ..Account::default()
    }
}

pub(super) fn read(text: &str, parameters: &[(&str, &str)]) -> Result<Stack, TemplateErrors> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let parameters: BTreeMap<String, String> = parameters.iter().map(owned).collect();
    load("template.yaml", text, &parameters, &place())
}

/// The stack, or a panic that lists every error.
pub(super) fn stack(text: &str, parameters: &[(&str, &str)]) -> Stack {
    read(text, parameters).unwrap_or_else(|errors| panic!("{}", messages(&errors).join("\n")))
}

pub(super) fn messages(errors: &[TemplateError]) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}
