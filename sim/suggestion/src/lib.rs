//! The known name that a person most likely meant, for error texts: "did you mean".

/// The allowed name that a person most likely meant: the one with the fewest edits, if those are
/// few, else one that holds what was written, or the other way round.
#[must_use]
pub fn nearest<'a>(name: &str, allowed: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let within = |short: &str, long: &str| short.len() >= 4 && long.contains(short);
    // Two letters in the wrong order are one slip.
    let by_edits = |candidate: &'a str| {
        (
            strsim::osa_distance(&name.to_lowercase(), &candidate.to_lowercase()),
            candidate,
        )
    };
    let letters = name.chars().count();
    let near = allowed
        .clone()
        .map(by_edits)
        .min()
        .filter(|(edits, _)| *edits <= (letters / 3).max(1) && *edits < letters);
    let related = || {
        allowed
            .clone()
            .filter(|candidate| within(name, candidate) || within(candidate, name))
            .map(by_edits)
            .min()
    };
    near.or_else(related).map(|(_, candidate)| candidate)
}

/// That there is no such name, which one may be meant, and which there are.
#[must_use]
pub fn unknown<'a>(
    kind: &str,
    name: &str,
    allowed: impl Iterator<Item = &'a str> + Clone,
) -> String {
    let hint = nearest(name, allowed.clone())
        .map(|near| format!(" (did you mean {near:?}?)"))
        .unwrap_or_default();
    let listed = allowed.collect::<Vec<_>>().join(", ");
    let there_are = if listed.is_empty() {
        "none are allowed".to_owned()
    } else {
        format!("there are {listed}")
    };
    format!("there is no {kind} {name:?}{hint}; {there_are}")
}

/// That a word is none of those which a place takes, and which one may be meant.
#[must_use]
pub fn not_allowed<'a>(word: &str, allowed: impl Iterator<Item = &'a str> + Clone) -> String {
    let hint = nearest(word, allowed.clone())
        .map(|near| format!(" (did you mean {near:?}?)"))
        .unwrap_or_default();
    format!(
        "{word:?} is not allowed here{hint}; allowed are {}",
        allowed.collect::<Vec<_>>().join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_longer_name_a_person_shortened() {
        let allowed = ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"];
        assert_eq!(
            nearest("MaximumEventAge", allowed.into_iter()),
            Some(allowed[1])
        );
        assert_eq!(
            nearest("MaximumRetryAttemps", allowed.into_iter()),
            Some(allowed[0])
        );
        assert_eq!(nearest("Colour", allowed.into_iter()), None);
        assert_eq!(nearest("cahs", ["clock", "cash"].into_iter()), Some("cash"));
    }

    #[test]
    fn a_slip_of_the_pen_is_nearer_than_a_part() {
        let allowed = ["alpaca", "alpaca GET orders", "alpaca POST orders"];
        assert_eq!(
            nearest("alpaca POST order", allowed.into_iter()),
            Some(allowed[2])
        );
    }

    #[test]
    fn an_unknown_name_is_told_with_those_that_there_are() {
        let told = unknown("side", "by", ["buy", "sell"].into_iter());
        assert_eq!(
            told,
            "there is no side \"by\" (did you mean \"buy\"?); there are buy, sell"
        );
    }
}
