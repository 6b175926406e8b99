//! Parts of requests that both make and change tables.

use serde::Deserialize;

use crate::constraint::Constraints;
use crate::error::Error;
use crate::request::{Flag, Text};
use crate::schema::{Throughput, ThroughputSpec};
use crate::table::{CLASSES, Encryption, StreamView};

/// `StreamSpecification`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StreamSpec<'a> {
    pub stream_enabled: Option<Flag>,
    #[serde(borrow)]
    pub stream_view_type: Option<Text<'a>>,
}

/// `SSESpecification`.
#[derive(Debug, Deserialize)]
pub(super) struct EncryptionSpec<'a> {
    #[serde(rename = "Enabled")]
    pub enabled: Option<Flag>,
    #[serde(rename = "SSEType", borrow)]
    pub kind: Option<Text<'a>>,
    #[serde(rename = "KMSMasterKeyId")]
    pub key: Option<Text<'a>>,
}

/// `WarmThroughput`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WarmSpec {
    pub read_units_per_second: Option<crate::request::Whole>,
    pub write_units_per_second: Option<crate::request::Whole>,
}

/// The billing modes that there are.
pub(super) const BILLING_MODES: [&str; 2] = ["PROVISIONED", "PAY_PER_REQUEST"];

const VIEWS: [&str; 4] = ["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"];

impl StreamSpec<'_> {
    pub fn constrain(&self, constraints: &mut Constraints) {
        if self.stream_enabled.is_none() {
            constraints.null("streamSpecification.streamEnabled");
        }
        let view = self.stream_view_type.as_deref();
        constraints.one_of(view, "streamSpecification.streamViewType", &VIEWS);
    }

    pub fn is_enabled(&self) -> bool {
        self.stream_enabled == Some(Flag(true))
    }

    /// What the stream tells, of a specification that passed the constraints.
    pub fn view(&self) -> Option<StreamView> {
        StreamView::read(self.stream_view_type.as_deref()?)
    }
}

impl EncryptionSpec<'_> {
    pub fn constrain(&self, constraints: &mut Constraints) {
        let kind = self.kind.as_deref();
        constraints.one_of(kind, "sSESpecification.sSEType", &["AES256", "KMS"]);
    }

    pub fn encryption(&self) -> Result<Encryption, Error> {
        let enabled = self.enabled == Some(Flag(true));
        match (enabled, self.kind.as_deref(), self.key.as_deref()) {
            (false, Some(_), _) => Err(Error::invalid(
                "SSEType can not be specified if Enabled is false",
            )),
            (false, None, Some(_)) => Err(Error::invalid(
                "KMSMasterKeyId can not be specified if Enabled is false",
            )),
            (false, None, None) => Ok(Encryption::Owned),
            (true, Some("AES256"), _) => Err(Error::invalid("SSEType AES256 is not supported")),
            (true, None, Some(_)) => Err(Error::invalid(
                "SSEType KMS is required if KMSMasterKeyId is specified",
            )),
            (true, _, key) => Ok(Encryption::Kms(key.map(str::to_owned))),
        }
    }
}

impl WarmSpec {
    pub fn throughput(self) -> Throughput {
        let units = |given: Option<crate::request::Whole>| given.map_or(0, |whole| whole.0);
        Throughput {
            read: units(self.read_units_per_second),
            write: units(self.write_units_per_second),
        }
    }
}

/// Checks `BillingMode` and `TableClass`.
pub(super) fn constrain_modes(
    billing: Option<&str>,
    class: Option<&str>,
    throughput: Option<ThroughputSpec>,
    constraints: &mut Constraints,
) {
    constraints.one_of(billing, "billingMode", &BILLING_MODES);
    constraints.one_of(class, "tableClass", &CLASSES);
    if let Some(throughput) = throughput {
        throughput.constrain("provisionedThroughput", constraints);
    }
}

/// What is said where units are given that nobody pays for.
pub(super) fn units_on_demand() -> Error {
    Error::invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is \
         PAY_PER_REQUEST",
    )
}
