//! Throughput, provisioned and on demand.

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::constraint::Constraints;
use crate::error::Error;
use crate::request::Whole;

/// `ProvisionedThroughput` of a request.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ThroughputSpec {
    read_capacity_units: Option<Whole>,
    write_capacity_units: Option<Whole>,
}

/// Capacity units a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Throughput {
    pub read: i64,
    pub write: i64,
}

/// `OnDemandThroughput`: the most that an on-demand table takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OnDemand {
    max_read_request_units: Option<Whole>,
    max_write_request_units: Option<Whole>,
}

/// No table has more.
const MOST: i64 = 1_000_000_000_000;

impl ThroughputSpec {
    /// Checks both numbers, as members of `path`.
    pub fn constrain(self, path: &str, constraints: &mut Constraints) {
        for (name, units) in [
            ("writeCapacityUnits", self.write_capacity_units),
            ("readCapacityUnits", self.read_capacity_units),
        ] {
            match units {
                None => constraints.null(format!("{path}.{name}")),
                Some(Whole(units)) if units < 1 => {
                    let bound = "Member must have value greater than or equal to 1";
                    constraints.value(units, format!("{path}.{name}"), bound);
                }
                Some(_) => {}
            }
        }
    }

    /// The numbers, of what passed the constraints.
    pub fn throughput(self) -> Throughput {
        let units = |given: Option<Whole>| given.map_or(0, |Whole(units)| units);
        Throughput {
            read: units(self.read_capacity_units),
            write: units(self.write_capacity_units),
        }
    }

    /// Refuses more than any table has. `index` is the index that it is for.
    pub fn check_bounds(self, index: Option<&str>) -> Result<(), Error> {
        let Throughput { read, write } = self.throughput();
        for (name, units) in [("ReadCapacityUnits", read), ("WriteCapacityUnits", write)] {
            if units > MOST {
                let of = index
                    .map(|name| format!(" for index {name}"))
                    .unwrap_or_default();
                let message = format!("Given value {units} for {name} is out of bounds{of}");
                return Err(Error::Validation(message));
            }
        }
        Ok(())
    }
}

impl OnDemand {
    fn members(&self) -> [(&'static str, Option<Whole>); 2] {
        [
            ("MaxReadRequestUnits", self.max_read_request_units),
            ("MaxWriteRequestUnits", self.max_write_request_units),
        ]
    }

    /// Whether there is no limit at all.
    pub fn is_empty(&self) -> bool {
        self.members().iter().all(|(_, units)| units.is_none())
    }

    /// The first member that is given.
    pub fn first_given(&self) -> Option<&'static str> {
        self.members()
            .iter()
            .find(|(_, units)| units.is_some())
            .map(|(name, _)| *name)
    }

    /// Refuses limits below 1; -1 takes a limit away where `removal` is possible.
    pub fn check_bounds(&self, removal: bool) -> Result<(), Error> {
        for (name, units) in self.members() {
            let Some(Whole(units)) = units else { continue };
            if units < 1 && !(removal && units == -1) {
                return Err(Error::invalid(format_args!(
                    "Requested {name} for OnDemandThroughput for table is outside of valid range"
                )));
            }
        }
        Ok(())
    }

    /// What holds after `change`: `(as the answer shows it, as it is kept)`.
    pub fn changed(self, change: Self) -> (Self, Self) {
        let shown = Self {
            max_read_request_units: change
                .max_read_request_units
                .or(self.max_read_request_units),
            max_write_request_units: change
                .max_write_request_units
                .or(self.max_write_request_units),
        };
        let kept = |units: Option<Whole>| units.filter(|units| units.0 != -1);
        let kept = Self {
            max_read_request_units: kept(shown.max_read_request_units),
            max_write_request_units: kept(shown.max_write_request_units),
        };
        (shown, kept)
    }

    /// As descriptions show it.
    pub fn described(&self) -> Json {
        let given = self
            .members()
            .into_iter()
            .filter_map(|(name, units)| Some((name, units?)));
        given
            .map(|(name, Whole(units))| (name.to_owned(), units.into()))
            .collect::<Map<_, _>>()
            .into()
    }
}
