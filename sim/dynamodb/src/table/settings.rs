//! Settings of a table that change nothing about its items.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::schema::{OnDemand, Throughput};

/// How a table is paid for, kept and protected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub billing: Billing,
    pub on_demand: OnDemand,
    pub warm: Option<Throughput>,
    pub class: Option<Class>,
    pub protected: bool,
    pub encryption: Encryption,
    pub recovery: Option<Recovery>,
    pub tags: BTreeMap<String, String>,
}

/// `BillingMode`, with what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Billing {
    Provisioned(Provisioned),
    PayPerRequest {
        /// When the table changed to it; not of a table that was made so.
        since: Option<DateTime<Utc>>,
    },
}

/// Throughput and how it changed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Provisioned {
    pub units: Throughput,
    pub increased: Option<DateTime<Utc>>,
    pub decreased: Option<DateTime<Utc>>,
    /// How often it was decreased on the day of the last decrease.
    pub decreases: u32,
}

/// `TableClass`, once it was given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Class {
    pub name: &'static str,
    pub changed: Option<DateTime<Utc>>,
}

/// Encryption with a key of KMS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// With a key of AWS; nothing is said of it.
    #[default]
    Owned,
    /// With the account's own key for DynamoDB, or a given one.
    Kms(Option<String>),
}

/// Recovery to a point in time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recovery {
    pub since: DateTime<Utc>,
    pub days: i64,
}

impl Default for Billing {
    fn default() -> Self {
        Self::Provisioned(Provisioned::default())
    }
}

impl Billing {
    pub fn is_on_demand(self) -> bool {
        matches!(self, Self::PayPerRequest { .. })
    }

    /// The throughput; none on demand.
    pub fn units(self) -> Throughput {
        match self {
            Self::Provisioned(provisioned) => provisioned.units,
            Self::PayPerRequest { .. } => Throughput::default(),
        }
    }
}

impl Provisioned {
    /// The same after a change to `units`.
    pub fn changed(self, units: Throughput, now: DateTime<Utc>) -> Self {
        let more = units.read > self.units.read || units.write > self.units.write;
        let less = units.read < self.units.read || units.write < self.units.write;
        let today = self
            .decreased
            .is_some_and(|at| at.date_naive() == now.date_naive());
        let before = if today { self.decreases } else { 0 };
        Self {
            units,
            increased: if more { Some(now) } else { self.increased },
            decreased: if less { Some(now) } else { self.decreased },
            decreases: if less { before + 1 } else { before },
        }
    }
}

/// The classes that there are.
pub(crate) const CLASSES: [&str; 2] = ["STANDARD", "STANDARD_INFREQUENT_ACCESS"];

impl Class {
    pub fn read(name: &str, changed: Option<DateTime<Utc>>) -> Option<Self> {
        let name = CLASSES.into_iter().find(|known| *known == name)?;
        Some(Self { name, changed })
    }
}
