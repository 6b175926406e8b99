//! Where a table lives: partition, region and account, and the names made of them.

use std::fmt;

/// An account in a region. Each has tables of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// Such as `us-east-1`.
    pub region: String,
    /// Twelve digits.
    pub account: String,
}

/// The ARN of a table, or of what belongs to one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TableArn<'a> {
    pub place: &'a Place,
    pub table: &'a str,
}

impl Place {
    /// The account in the region, of the partition `aws`.
    #[must_use]
    pub fn new(region: &str, account: &str) -> Self {
        Self {
            partition: "aws".to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
        }
    }

    /// The place and the table that an ARN names; what follows the table's name is left out.
    pub(crate) fn of_arn(arn: &str) -> Option<(Self, &str)> {
        let mut parts = arn.splitn(6, ':');
        let (scheme, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        if scheme != "arn" || service != "dynamodb" {
            return None;
        }
        let table = resource.strip_prefix("table/")?.split('/').next()?;
        let place = Self {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account: account.to_owned(),
        };
        Some((place, table))
    }
}

impl fmt::Display for TableArn<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            partition,
            region,
            account,
        } = self.place;
        write!(
            out,
            "arn:{partition}:dynamodb:{region}:{account}:table/{}",
            self.table
        )
    }
}
