use super::CampaignError;

/// Where engines say which of many equal tasks this one is: Kubernetes, AWS Batch, Slurm, HyperQueue.
pub const VARIABLES: [&str; 4] = [
    "JOB_COMPLETION_INDEX",
    "AWS_BATCH_JOB_ARRAY_INDEX",
    "SLURM_ARRAY_TASK_ID",
    "HQ_TASK_ID",
];

/// The index that the environment names. One engine may run within another: where two say different
/// things, it is for a person to decide.
pub fn index(of: impl Fn(&str) -> Option<String>) -> Result<u64, CampaignError> {
    let mut said = Vec::new();
    for variable in VARIABLES {
        if let Some(value) = of(variable) {
            let index: u64 = value
                .parse()
                .map_err(|_| CampaignError::Index { variable, value })?;
            said.push((variable, index));
        }
    }
    match said.as_slice() {
        [] => Err(CampaignError::NoIndex),
        [(_, first), others @ ..] if others.iter().all(|(_, index)| index == first) => Ok(*first),
        many => {
            let shown = many.iter().map(|(name, index)| format!("{name}={index}"));
            Err(CampaignError::ManyIndexes(shown.collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_engine_says_which_part_it_is() {
        let of = |said: &[(&str, &str)]| {
            index(|name| {
                let found = said.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| (*value).to_owned())
            })
            .map_err(|error| error.to_string())
        };
        for variable in VARIABLES {
            assert_eq!(of(&[(variable, "12")]), Ok(12));
        }
        let [kubernetes, batch, ..] = VARIABLES;
        assert_eq!(of(&[(kubernetes, "3"), (batch, "3")]), Ok(3));
        let refused = |said: &[(&str, &str)]| of(said).expect_err("it is refused");
        assert_eq!(
            refused(&[(kubernetes, "3"), (batch, "4")]),
            "which part? JOB_COMPLETION_INDEX=3, AWS_BATCH_JOB_ARRAY_INDEX=4; --index decides"
        );
        assert!(refused(&[]).starts_with("which part? --index says so, or one of JOB_"));
        assert!(refused(&[(batch, "-1")]).contains("a number is needed"));
    }
}
