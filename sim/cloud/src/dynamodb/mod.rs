//! Amazon DynamoDB: the tables of the template, and those that clients make.

mod creation;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use dynamodb_engine::{Call, Error, Place, StreamRecord, Tables};

use crate::api::CredentialScope;
use crate::knobs::Knobs;
use crate::stack::{Account, Stack, StackError, Table};
use crate::timer_queue::delta;

/// The tables of all accounts and regions that requests come from.
#[derive(Debug)]
pub struct DynamoDb {
    tables: Tables,
    /// Where the stack is.
    home: Place,
}

impl DynamoDb {
    /// Makes the tables that a template describes.
    ///
    /// # Errors
    /// What DynamoDB says against a table.
    pub fn new(stack: &Stack, account: &Account, knobs: &Knobs) -> Result<Self, StackError> {
        let home = Place {
            partition: account.partition.clone(),
            region: account.region.clone(),
            account: account.id.clone(),
        };
        let mut service = Self {
            tables: Tables::new(),
            home,
        };
        let oldest = knobs.dynamodb_stale_reads.max(knobs.dynamodb_index_lag);
        service.tables.keep_versions(delta(oldest));
        for table in &stack.tables {
            service
                .create(table)
                .map_err(|error| stack.refused(&table.logical_id, error))?;
        }
        Ok(service)
    }

    fn create(&mut self, table: &Table) -> Result<(), Error> {
        // The instant that is in the ARN which the template gives a table's stream.
        let made = Utc
            .with_ymd_and_hms(2024, 1, 1, 0, 0, 0)
            .single()
            .unwrap_or_default();
        let input = creation::create_table(table).to_string();
        self.tables.create_table(made, &self.home, &input)?;
        for (operation, input) in creation::settings(table) {
            self.tables.handle(made, &self.home, operation, &input)?;
        }
        Ok(())
    }

    /// Answers one call: the operation's name and its JSON input.
    ///
    /// # Errors
    /// DynamoDB's own.
    pub fn handle(
        &mut self,
        call: &Call<'_>,
        operation: &str,
        input: &str,
    ) -> Result<String, Error> {
        self.tables.answer(call, operation, input)
    }

    /// The account and region that a request is signed for. Whoever signs nothing is at home.
    pub(crate) fn place_of(&self, scope: Option<&CredentialScope>) -> Place {
        let account = scope.and_then(CredentialScope::account);
        let region = scope.map(|scope| scope.region.as_str());
        let region = region.filter(|region| !region.is_empty());
        Place {
            partition: self.home.partition.clone(),
            region: region.unwrap_or(&self.home.region).to_owned(),
            account: account.unwrap_or(&self.home.account).to_owned(),
        }
    }

    /// Deletes what expired at least `lag` ago, but nothing that expired more than five years ago.
    /// Until then an expired item is there like any other (`dynamodb` of semantics.md).
    pub fn sweep(&mut self, now: DateTime<Utc>, lag: TimeDelta) {
        self.tables.sweep(now, lag);
    }

    /// At most `limit` records of a stream after the one with that number (0: from the start).
    pub(crate) fn records_after(
        &self,
        now: DateTime<Utc>,
        stream_arn: &str,
        sequence: u64,
        limit: usize,
    ) -> Vec<Arc<StreamRecord>> {
        self.tables.records_after(now, stream_arn, sequence, limit)
    }

    /// The number of the newest record of a stream, if the stream is there.
    pub(crate) fn last_record(&self, now: DateTime<Utc>, stream_arn: &str) -> Option<u64> {
        self.tables.last_record(now, stream_arn)
    }

    /// What the tables take, in bytes.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.tables.held_bytes()
    }
}
