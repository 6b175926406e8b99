//! The operations, each under its name.

mod account;
mod answer;
mod capacity;
mod expressions;
mod item;
mod key;
mod legacy;
mod parameters;
mod read;
mod recovery;
mod stream;
mod table;
mod tag;
mod time_to_live;
mod transaction;
mod write;

use chrono::{DateTime, Utc};

use crate::call::Call;
use crate::error::Error;
use crate::place::Place;
use crate::tables::Tables;

/// An operation: reads its input and answers in JSON.
type Operation = fn(&mut Tables, &Call<'_>, &str) -> Result<String, Error>;

/// All operations that there are, those of DynamoDB Streams among them.
const OPERATIONS: [(&str, Operation); 28] = [
    ("GetItem", item::get_item),
    ("PutItem", item::put_item),
    ("UpdateItem", item::update_item),
    ("DeleteItem", item::delete_item),
    ("Query", read::query),
    ("Scan", read::scan),
    ("TransactWriteItems", transaction::transact_write_items),
    ("TransactGetItems", transaction::transact_get_items),
    ("BatchGetItem", item::batch_get_item),
    ("BatchWriteItem", item::batch_write_item),
    ("CreateTable", table::create_table),
    ("UpdateTable", table::update_table),
    ("DeleteTable", table::delete_table),
    ("DescribeTable", table::describe_table),
    ("ListTables", table::list_tables),
    ("UpdateTimeToLive", time_to_live::update_time_to_live),
    ("DescribeTimeToLive", time_to_live::describe_time_to_live),
    ("TagResource", tag::tag_resource),
    ("UntagResource", tag::untag_resource),
    ("ListTagsOfResource", tag::list_tags_of_resource),
    (
        "UpdateContinuousBackups",
        recovery::update_continuous_backups,
    ),
    (
        "DescribeContinuousBackups",
        recovery::describe_continuous_backups,
    ),
    ("DescribeLimits", account::describe_limits),
    ("DescribeEndpoints", account::describe_endpoints),
    ("ListStreams", stream::list_streams),
    ("DescribeStream", stream::describe_stream),
    ("GetShardIterator", stream::get_shard_iterator),
    ("GetRecords", stream::get_records),
];

/// Operations of DynamoDB that the engine does not have.
const NOT_SIMULATED: [&str; 34] = [
    "BatchExecuteStatement",
    "CreateBackup",
    "CreateGlobalTable",
    "DeleteBackup",
    "DeleteResourcePolicy",
    "DescribeBackup",
    "DescribeContributorInsights",
    "DescribeExport",
    "DescribeGlobalTable",
    "DescribeGlobalTableSettings",
    "DescribeImport",
    "DescribeKinesisStreamingDestination",
    "DescribeTableReplicaAutoScaling",
    "DisableKinesisStreamingDestination",
    "EnableKinesisStreamingDestination",
    "ExecuteStatement",
    "ExecuteTransaction",
    "ExportTableToPointInTime",
    "GetResourcePolicy",
    "ImportTable",
    "ListBackups",
    "ListContributorInsights",
    "ListExports",
    "ListGlobalTables",
    "ListImports",
    "PutResourcePolicy",
    "RestoreTableFromBackup",
    "RestoreTableToPointInTime",
    "SearchVectors",
    "UpdateContributorInsights",
    "UpdateGlobalTable",
    "UpdateGlobalTableSettings",
    "UpdateKinesisStreamingDestination",
    "UpdateTableReplicaAutoScaling",
];

impl Tables {
    /// Answers one call: the name of the operation, such as `GetItem`, and its JSON input.
    ///
    /// # Errors
    /// Those of DynamoDB, in its words.
    pub fn handle(
        &mut self,
        now: DateTime<Utc>,
        place: &Place,
        operation: &str,
        input: &str,
    ) -> Result<String, Error> {
        self.answer(&Call::new(now, place), operation, input)
    }

    /// The same for a caller that decides what the read sees and which actions meet conflicts.
    ///
    /// # Errors
    /// Those of DynamoDB, in its words.
    pub fn answer(
        &mut self,
        call: &Call<'_>,
        operation: &str,
        input: &str,
    ) -> Result<String, Error> {
        if let Some((_, answer)) = OPERATIONS.iter().find(|(name, _)| *name == operation) {
            return answer(self, call, input);
        }
        if NOT_SIMULATED.contains(&operation) {
            let known: Vec<_> = OPERATIONS.iter().map(|(name, _)| *name).collect();
            return Err(Error::NotSimulated {
                operation: operation.to_owned(),
                known: known.join(", "),
            });
        }
        Err(Error::UnknownOperation(operation.to_owned()))
    }

    /// Makes a table by the input of `CreateTable`, without the description that it answers.
    ///
    /// # Errors
    /// Those of `CreateTable`.
    pub fn create_table(
        &mut self,
        now: DateTime<Utc>,
        place: &Place,
        input: &str,
    ) -> Result<(), Error> {
        table::create(self, &Call::new(now, place), input).map(drop)
    }
}
