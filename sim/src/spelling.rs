/// The allowed name that a person most likely meant: one that begins or ends with what was written, or the other
/// way round, else the one with the fewest edits, if those are few.
#[must_use]
pub fn nearest<'a>(name: &str, allowed: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let within = |short: &str, long: &str| short.len() >= 4 && (long.starts_with(short) || long.ends_with(short));
    let edits = |candidate: &str| strsim::levenshtein(&name.to_lowercase(), &candidate.to_lowercase());
    let related = allowed.clone().find(|candidate| within(name, candidate) || within(candidate, name));
    related.or_else(|| {
        let (edits, near) = allowed.map(|candidate| (edits(candidate), candidate)).min()?;
        (edits * 3 <= name.chars().count()).then_some(near)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_longer_name_a_person_shortened() {
        let allowed = ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"];
        assert_eq!(nearest("MaximumEventAge", allowed.into_iter()), Some(allowed[1]));
        assert_eq!(nearest("MaximumRetryAttemps", allowed.into_iter()), Some(allowed[0]));
        assert_eq!(nearest("Colour", allowed.into_iter()), None);
    }
}
