use chrono::{DateTime, Utc};
use event_pattern::Pattern;

use super::shard_reader::ShardReader;
use crate::dynamodb::DynamoDb;
use crate::stack::{
    EventSource, EventSourceMapping, Function, Stack, StackError, StartingPosition, StreamSource,
};

/// What the role of a function that is given the records of a stream must allow on the stream.
const STREAM_ACTIONS: [&str; 4] = [
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:DescribeStream",
    "dynamodb:ListStreams",
];

/// A mapping with its filters read, and how far it is.
#[derive(Clone, Debug)]
pub(crate) struct Poller {
    pub function_arn: String,
    pub mapping: EventSourceMapping,
    pub filters: Vec<Pattern>,
    /// Of a stream.
    pub shard: ShardReader,
}

/// The mappings of a stack that are enabled. A role that the stack does not declare may do everything
/// where `unknown_roles` says so.
///
/// # Errors
/// A filter that Lambda would refuse, a stream that is not there, and one that the role of the
/// function may not read; with the mapping's place in the template.
pub(crate) fn pollers(
    stack: &Stack,
    dynamodb: &DynamoDb,
    unknown_roles: bool,
    now: DateTime<Utc>,
) -> Result<Vec<Poller>, StackError> {
    let mut pollers = Vec::new();
    for function in &stack.functions {
        for mapping in &function.event_source_mappings {
            let refused = |reason: String| stack.refused(&mapping.logical_id, reason);
            let filters = mapping.filters.iter().map(|filter| {
                Pattern::parse(filter).map_err(|error| refused(error.message().to_string()))
            });
            let filters = filters.collect::<Result<_, _>>()?;
            let mut shard = ShardReader::default();
            if let EventSource::Stream(source) = &mapping.source {
                check_role(stack, function, mapping, unknown_roles)?;
                shard.read = start_of(source, &mapping.source_arn, dynamodb, now)
                    .ok_or_else(|| refused(format!("Stream not found: {}", mapping.source_arn)))?;
            }
            if mapping.enabled {
                pollers.push(Poller {
                    function_arn: function.arn.clone(),
                    mapping: mapping.clone(),
                    filters,
                    shard,
                });
            }
        }
    }
    Ok(pollers)
}

/// The number of the record after which reading starts, if the stream is there.
fn start_of(
    source: &StreamSource,
    stream_arn: &str,
    dynamodb: &DynamoDb,
    now: DateTime<Utc>,
) -> Option<u64> {
    let last = dynamodb.last_record(now, stream_arn)?;
    match source.starting_position {
        StartingPosition::TrimHorizon => Some(0),
        StartingPosition::Latest => Some(last),
    }
}

fn check_role(
    stack: &Stack,
    function: &Function,
    mapping: &EventSourceMapping,
    unknown_roles: bool,
) -> Result<(), StackError> {
    let stream = &mapping.source_arn;
    let mut roles = stack.roles.iter();
    let may = match roles.find(|role| role.arn == function.role_arn) {
        Some(role) => STREAM_ACTIONS
            .iter()
            .all(|action| role.allows(action, stream)),
        None => unknown_roles,
    };
    if may {
        return Ok(());
    }
    let reason = format!(
        "Cannot access stream {stream}. Please ensure the role can perform the GetRecords, \
         GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM. (the role \
         of {} is {})",
        function.name, function.role_arn
    );
    Err(stack.refused(&mapping.logical_id, reason))
}
