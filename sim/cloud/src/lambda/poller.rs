use event_pattern::Pattern;

use crate::stack::{EventSourceMapping, Stack, StackError};

/// A mapping with its filters read.
#[derive(Clone, Debug)]
pub(crate) struct Poller {
    pub function_arn: String,
    pub mapping: EventSourceMapping,
    pub filters: Vec<Pattern>,
}

/// The mappings of a stack that are enabled.
///
/// # Errors
/// A filter that Lambda would refuse, with its place in the template.
pub(crate) fn pollers(stack: &Stack) -> Result<Vec<Poller>, StackError> {
    let mut pollers = Vec::new();
    for function in &stack.functions {
        for mapping in function
            .event_source_mappings
            .iter()
            .filter(|mapping| mapping.enabled)
        {
            let filters = mapping.filters.iter().map(|filter| {
                Pattern::parse(filter)
                    .map_err(|error| stack.refused(&mapping.logical_id, error.message()))
            });
            let filters = filters.collect::<Result<_, _>>()?;
            pollers.push(Poller {
                function_arn: function.arn.clone(),
                mapping: mapping.clone(),
                filters,
            });
        }
    }
    Ok(pollers)
}
