use crate::api::operation::{Access, OperationFacts, Resource};

/// The operations of DynamoDB, which carries them out by their names.
#[rustfmt::skip]
pub(super) static OPERATIONS: [OperationFacts; 28] = [
    OperationFacts::new("CreateTable", Access::Adds, Resource::Table),
    OperationFacts::new("DeleteTable", Access::Frees, Resource::Table),
    OperationFacts::new("DescribeTable", Access::Reads, Resource::Table),
    OperationFacts::new("ListTables", Access::Reads, Resource::Table),
    OperationFacts::new("UpdateTimeToLive", Access::Adds, Resource::Table),
    OperationFacts::new("DescribeTimeToLive", Access::Reads, Resource::Table),
    OperationFacts::new("PutItem", Access::Adds, Resource::Table),
    OperationFacts::new("GetItem", Access::Reads, Resource::Table),
    OperationFacts::new("UpdateItem", Access::Adds, Resource::Table),
    OperationFacts::new("DeleteItem", Access::Frees, Resource::Table),
    OperationFacts::new("Query", Access::Reads, Resource::Table),
    OperationFacts::new("Scan", Access::Reads, Resource::Table),
    OperationFacts::new("BatchGetItem", Access::Reads, Resource::BatchTables),
    OperationFacts::new("BatchWriteItem", Access::Adds, Resource::BatchTables),
    OperationFacts::new("TransactWriteItems", Access::Adds, Resource::TransactionParts),
    OperationFacts::new("TransactGetItems", Access::Reads, Resource::TransactionParts),
    OperationFacts::new("UpdateTable", Access::Adds, Resource::Table),
    OperationFacts::new("TagResource", Access::Adds, Resource::Table),
    OperationFacts::new("UntagResource", Access::Frees, Resource::Table),
    OperationFacts::new("ListTagsOfResource", Access::Reads, Resource::Table),
    OperationFacts::new("UpdateContinuousBackups", Access::Adds, Resource::Table),
    OperationFacts::new("DescribeContinuousBackups", Access::Reads, Resource::Table),
    OperationFacts::new("DescribeLimits", Access::Reads, Resource::Any),
    OperationFacts::new("DescribeEndpoints", Access::Reads, Resource::Any),
    OperationFacts::new("ListStreams", Access::Reads, Resource::Streams),
    OperationFacts::new("DescribeStream", Access::Reads, Resource::Stream),
    OperationFacts::new("GetShardIterator", Access::Reads, Resource::Stream),
    OperationFacts::new("GetRecords", Access::Reads, Resource::Stream),
];
