//! Amazon DynamoDB: the tables of the template, and those that clients make.

mod creation;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use dynamodb_engine::{Call, Error, Place, Tables};
use http::Request;

use crate::delta;
use crate::knobs::Knobs;
use crate::template::{Pseudo, Table};

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
    pub fn new(tables: &[Table], pseudo: &Pseudo, knobs: &Knobs) -> Result<Self, String> {
        let home = Place {
            partition: pseudo.partition.clone(),
            region: pseudo.region.clone(),
            account: pseudo.account.clone(),
        };
        let mut service = Self {
            tables: Tables::new(),
            home,
        };
        let oldest = knobs.dynamodb_stale_reads.max(knobs.dynamodb_index_lag);
        service.tables.keep_versions(delta(oldest));
        for table in tables {
            service
                .create(table)
                .map_err(|error| format!("table {}: {error}", table.name))?;
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

    /// The account and region that a request is signed for: the region of its credentials, and the
    /// account where the access key is one. Whoever signs nothing is at home.
    pub(crate) fn place_of<B>(&self, request: &Request<B>) -> Place {
        let header = request.headers().get(http::header::AUTHORIZATION);
        let scope = header
            .and_then(|header| header.to_str().ok())
            .and_then(|header| header.split_once("Credential="))
            .map(|(_, credential)| credential.split(',').next().unwrap_or_default());
        let mut parts = scope.unwrap_or_default().split('/');
        let (key, region) = (parts.next().unwrap_or_default(), parts.nth(1));
        let is_account = key.len() == 12 && key.bytes().all(|digit| digit.is_ascii_digit());
        let account = if is_account { key } else { &self.home.account };
        let region = region.filter(|region| !region.is_empty());
        Place {
            partition: self.home.partition.clone(),
            region: region.unwrap_or(&self.home.region).to_owned(),
            account: account.to_owned(),
        }
    }

    /// Deletes what expired at least `lag` ago, but nothing that expired more than five years ago.
    /// Until then an expired item is there like any other (semantics 8).
    pub fn sweep(&mut self, now: DateTime<Utc>, lag: TimeDelta) {
        self.tables.sweep(now, lag);
    }

    /// What the tables take, in bytes.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.tables.held_bytes()
    }
}
