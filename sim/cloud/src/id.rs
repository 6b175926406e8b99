use uuid::Uuid;

/// A name that the same run always gives to the same thing.
pub(crate) fn derive_id(seed: u64, kind: &str, number: u64) -> String {
    Uuid::new_v5(
        &Uuid::NAMESPACE_URL,
        format!("{seed}/{kind}/{number}").as_bytes(),
    )
    .to_string()
}
