//! `UpdateTable`.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;

use super::specification::{
    EncryptionSpec, StreamSpec, WarmSpec, constrain_modes, units_on_demand,
};
use super::{existing, existing_mut, idle};
use crate::call::Call;
use crate::constraint::Constraints;
use crate::error::Error;
use crate::name;
use crate::operation::answer::wrapped;
use crate::request::{Flag, Text, read};
use crate::schema::{
    AttributeDefinition, IndexKind, IndexSpec, OnDemand, ThroughputSpec, index_name, undefined_key,
};
use crate::table::{Billing, Class, Encryption, Index, Provisioned, State, Stream, Table};
use crate::tables::{Tables, Timing};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateTable<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
    attribute_definitions: Option<Vec<AttributeDefinition<'a>>>,
    global_secondary_index_updates: Option<Vec<IndexUpdate<'a>>>,
    billing_mode: Option<Text<'a>>,
    provisioned_throughput: Option<ThroughputSpec>,
    on_demand_throughput: Option<OnDemand>,
    warm_throughput: Option<WarmSpec>,
    stream_specification: Option<StreamSpec<'a>>,
    #[serde(rename = "SSESpecification")]
    encryption: Option<EncryptionSpec<'a>>,
    table_class: Option<Text<'a>>,
    deletion_protection_enabled: Option<Flag>,
    replica_updates: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexUpdate<'a> {
    #[serde(borrow)]
    create: Option<IndexSpec<'a>>,
    update: Option<ThroughputUpdate<'a>>,
    delete: Option<IndexRemoval<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ThroughputUpdate<'a> {
    #[serde(borrow)]
    index_name: Option<Text<'a>>,
    provisioned_throughput: Option<ThroughputSpec>,
    on_demand_throughput: Option<OnDemand>,
    warm_throughput: Option<WarmSpec>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IndexRemoval<'a> {
    #[serde(borrow)]
    index_name: Option<Text<'a>>,
}

/// At most so many indexes of a table are made or deleted at a time.
const ONE_INDEX: &str = "Subscriber limit exceeded: Only 1 online index can be created or deleted \
                         simultaneously per table";

pub(crate) fn update_table(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: UpdateTable<'_> = read(input)?;
    let name = name::of_table(request.table_name.as_deref())?;
    request.constrain()?;
    request.check()?;
    let table = existing(tables, call, &name)?;
    idle(table, call)?;
    request.check_against(table, call)?;
    let timing = tables.timing;
    let place = name.place(call.place).clone();
    let table = existing_mut(tables, call, &name)?;
    let shown_limits = request.apply(table, call, &timing)?;
    let mut shown = table.described(&place, call.now);
    shown["TableStatus"] = "UPDATING".into();
    if let Some(limits) = shown_limits {
        shown["OnDemandThroughput"] = limits.described();
    }
    for update in request.index_updates() {
        let listed = shown["GlobalSecondaryIndexes"].as_array_mut();
        let mut listed = listed.into_iter().flatten();
        let index = listed.find(|index| index["IndexName"] == *update.name());
        if let Some(index) = index {
            index["IndexStatus"] = update.status().into();
            if update.create.is_some() {
                index["Backfilling"] = false.into();
            }
        }
    }
    // What is deleted at once is shown no more.
    table.indexes.retain(|index| !index.is_gone(call.now));
    Ok(wrapped("TableDescription", &shown))
}

impl IndexUpdate<'_> {
    fn name(&self) -> &str {
        let update = self
            .update
            .as_ref()
            .and_then(|update| update.index_name.as_deref());
        let create = self
            .create
            .as_ref()
            .and_then(|create| create.index_name.as_deref());
        let delete = self
            .delete
            .as_ref()
            .and_then(|delete| delete.index_name.as_deref());
        update.or(create).or(delete).unwrap_or_default()
    }

    fn status(&self) -> &'static str {
        match (&self.create, &self.delete) {
            (Some(_), _) => "CREATING",
            (_, Some(_)) => "DELETING",
            _ => "UPDATING",
        }
    }

    fn constrain(&self, path: &str, constraints: &mut Constraints) {
        let mut named = |name: Option<&str>, path: String| match name {
            None => constraints.null(path),
            Some(name) => index_name(name, &path, constraints),
        };
        if let Some(update) = &self.update {
            named(
                update.index_name.as_deref(),
                format!("{path}.update.indexName"),
            );
        }
        if let Some(delete) = &self.delete {
            named(
                delete.index_name.as_deref(),
                format!("{path}.delete.indexName"),
            );
        }
        if let Some(update) = &self.update {
            let path = format!("{path}.update.provisionedThroughput");
            match update.provisioned_throughput {
                Some(throughput) => throughput.constrain(&path, constraints),
                None if update.on_demand_throughput.is_none()
                    && update.warm_throughput.is_none() =>
                {
                    constraints.null(path);
                }
                None => {}
            }
        }
        if let Some(create) = &self.create {
            create.constrain(IndexKind::Global, &format!("{path}.create"), constraints);
        }
    }

    fn check(&self) -> Result<(), Error> {
        let actions = [
            self.update.is_some(),
            self.create.is_some(),
            self.delete.is_some(),
        ];
        match actions.iter().filter(|given| **given).count() {
            0 => Err(Error::invalid(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, \
                 GlobalSecondaryIndexUpdate.Delete must not be null",
            )),
            1 => Ok(()),
            _ => Err(Error::invalid(
                "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate \
                 object",
            )),
        }
    }
}

impl UpdateTable<'_> {
    fn index_updates(&self) -> &[IndexUpdate<'_>] {
        self.global_secondary_index_updates
            .as_deref()
            .unwrap_or_default()
    }

    fn constrain(&self) -> Result<(), Error> {
        let mut constraints = Constraints::default();
        let (billing, class) = (self.billing_mode.as_deref(), self.table_class.as_deref());
        constrain_modes(
            billing,
            class,
            self.provisioned_throughput,
            &mut constraints,
        );
        for (index, update) in self.index_updates().iter().enumerate() {
            let path = format!("globalSecondaryIndexUpdates.{}.member", index + 1);
            update.constrain(&path, &mut constraints);
        }
        if let Some(definitions) = self.attribute_definitions.as_deref() {
            AttributeDefinition::constrain(Some(definitions), &mut constraints);
        }
        if let Some(stream) = &self.stream_specification {
            stream.constrain(&mut constraints);
        }
        if let Some(encryption) = &self.encryption {
            encryption.constrain(&mut constraints);
        }
        constraints.check()
    }

    /// What can be refused without the table.
    fn check(&self) -> Result<(), Error> {
        if self.billing_mode.as_deref() == Some("PAY_PER_REQUEST")
            && self.provisioned_throughput.is_some()
        {
            return Err(units_on_demand());
        }
        if let Some(throughput) = self.provisioned_throughput {
            throughput.check_bounds(None)?;
        }
        if self.replica_updates.is_some() {
            return Err(Error::validation(
                "ReplicaUpdates is not simulated: a table is in one region only",
            ));
        }
        self.check_combination()?;
        let mut seen = BTreeSet::new();
        for update in self.index_updates() {
            update.check()?;
        }
        for update in self.index_updates() {
            if !seen.insert(update.name()) {
                return Err(Error::invalid(format_args!(
                    "Only one global secondary index update per index is allowed simultaneously. \
                     Index: {}",
                    update.name()
                )));
            }
        }
        Ok(())
    }

    /// Something must change, and some changes are made alone.
    fn check_combination(&self) -> Result<(), Error> {
        let limits = self
            .on_demand_throughput
            .is_some_and(|limits| !limits.is_empty());
        let capacity = self.provisioned_throughput.is_some() || self.billing_mode.is_some();
        let changes = [
            capacity || limits,
            self.stream_specification.is_some(),
            !self.index_updates().is_empty(),
            self.warm_throughput.is_some(),
            self.encryption.is_some(),
            self.table_class.is_some(),
            self.deletion_protection_enabled.is_some(),
        ];
        let count = changes.iter().filter(|given| **given).count();
        if count == 0 {
            return Err(Error::validation(
                "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, \
                 GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required",
            ));
        }
        for (given, what) in [
            (
                self.encryption.is_some(),
                "Server-Side Encryption modification",
            ),
            (self.table_class.is_some(), "TableClass modification"),
            (
                self.deletion_protection_enabled.is_some(),
                "DeletionProtection modification",
            ),
            (self.warm_throughput.is_some(), "WarmThroughput"),
        ] {
            if given && count > 1 {
                return Err(Error::invalid(format_args!(
                    "{what} must be the only operation in the request"
                )));
            }
        }
        let mut updates = self.index_updates().iter();
        let indexes = updates.any(|update| update.create.is_some() || update.delete.is_some());
        let stream = self.stream_specification.is_some();
        let told = match (capacity, stream, indexes) {
            (true, true, _) => "You cannot modify stream status while updating table IOPS",
            (true, _, true) => "You cannot create or delete index while updating table IOPS",
            (_, true, true) => "You cannot create or delete index while changing stream status",
            _ => return Ok(()),
        };
        Err(Error::invalid(told))
    }

    /// What can be refused by what the table is.
    fn check_against(&self, table: &Table, call: &Call<'_>) -> Result<(), Error> {
        self.check_billing(table, call)?;
        self.check_indexes(table, call)?;
        self.check_stream(table)
    }

    /// The billing mode after the change.
    fn is_on_demand_after(&self, table: &Table) -> bool {
        match self.billing_mode.as_deref() {
            Some(mode) => mode == "PAY_PER_REQUEST",
            None => table.settings.billing.is_on_demand(),
        }
    }

    fn check_billing(&self, table: &Table, call: &Call<'_>) -> Result<(), Error> {
        let billing = table.settings.billing;
        let on_demand = self.is_on_demand_after(table);
        if on_demand && self.provisioned_throughput.is_some() {
            return Err(units_on_demand());
        }
        if self.billing_mode.as_deref() == Some("PROVISIONED")
            && self.provisioned_throughput.is_none()
        {
            return Err(Error::invalid(
                "ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
            ));
        }
        if let Some(limits) = self.on_demand_throughput {
            if let Some(member) = limits.first_given().filter(|_| !on_demand) {
                return Err(Error::invalid(format_args!(
                    "{member} for OnDemandThroughput cannot be specified when the table \
                     BillingMode is PROVISIONED"
                )));
            }
            limits.check_bounds(true)?;
        }
        let Some(asked) = self.provisioned_throughput.map(ThroughputSpec::throughput) else {
            return Ok(());
        };
        if billing.is_on_demand() {
            return self.check_index_units(table, call);
        }
        let current = billing.units();
        if asked == current {
            return Err(Error::Validation(format!(
                "The provisioned throughput for the table will not change. The requested value \
                 equals the current value. Current ReadCapacityUnits provisioned for the table: \
                 {}. Requested ReadCapacityUnits: {}. Current WriteCapacityUnits provisioned for \
                 the table: {}. Requested WriteCapacityUnits: {}. Refer to the Amazon DynamoDB \
                 Developer Guide for current limits and how to request higher limits.",
                current.read, asked.read, current.write, asked.write
            )));
        }
        Ok(())
    }

    /// A table that stops being on demand needs units for every index.
    fn check_index_units(&self, table: &Table, call: &Call<'_>) -> Result<(), Error> {
        let given = |name: &str| {
            let mut updates = self.index_updates().iter();
            updates.any(|update| update.name() == name && update.update.is_some())
        };
        let globals = table
            .indexes_now(call.now)
            .filter(|index| index.is_global());
        let missing: Vec<_> = globals
            .map(|index| &*index.schema.name)
            .filter(|name| !given(name))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(format_args!(
            "ProvisionedThroughput must be specified for index: {}",
            missing.join(",")
        )))
    }

    fn check_indexes(&self, table: &Table, call: &Call<'_>) -> Result<(), Error> {
        let updates = self.index_updates();
        for update in updates.iter().filter(|update| update.update.is_some()) {
            if table.index(update.name(), call.now).is_none() {
                return Err(Error::validation(
                    "This operation cannot be performed with given input values. Please contact \
                     DynamoDB service team for more info: Action Blocked: IndexUpdate",
                ));
            }
        }
        for update in updates {
            self.check_index(update, table, call)?;
        }
        let changes = |update: &&IndexUpdate<'_>| update.update.is_none();
        let changing = table
            .indexes_now(call.now)
            .any(|index| index.is_creating(call.now) || index.deleting.is_some());
        let count = updates.iter().filter(changes).count();
        if count > 1 || (count == 1 && changing) {
            return Err(Error::LimitExceeded(ONE_INDEX.to_owned()));
        }
        Ok(())
    }

    fn check_index(
        &self,
        update: &IndexUpdate<'_>,
        table: &Table,
        call: &Call<'_>,
    ) -> Result<(), Error> {
        let name = update.name();
        let found = table.index(name, call.now);
        if found.is_some_and(|index| !index.is_global()) && update.create.is_none() {
            let verb = if update.delete.is_some() {
                "delete"
            } else {
                "update"
            };
            return Err(Error::Validation(format!(
                "Cannot {verb} an index that is not a GlobalSecondaryIndex: {name}"
            )));
        }
        if update.delete.is_some() && found.is_none() {
            return Err(Error::ResourceNotFound(format!(
                "Requested resource not found: Index: {name} not found"
            )));
        }
        let Some(create) = &update.create else {
            return Ok(());
        };
        if found.is_some() {
            return Err(Error::validation(
                "Attempting to create an index which already exists",
            ));
        }
        let definitions = self.attribute_definitions.as_deref().unwrap_or_default();
        undefined_key(create.key(), definitions)?;
        create.global()?;
        let on_demand = self.is_on_demand_after(table);
        match create.provisioned_throughput {
            Some(_) if on_demand => Err(Error::invalid(format_args!(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: \
                 {name} when BillingMode is PAY_PER_REQUEST"
            ))),
            None if !on_demand => Err(Error::invalid(format_args!(
                "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {name}"
            ))),
            Some(throughput) => throughput.check_bounds(Some(name)),
            None => Ok(()),
        }
    }

    fn check_stream(&self, table: &Table) -> Result<(), Error> {
        let Some(specification) = &self.stream_specification else {
            return Ok(());
        };
        let given = specification.view().is_some();
        let name = &table.name;
        match (specification.is_enabled(), table.stream().is_some()) {
            (true, _) if !given => Err(Error::invalid(
                "If stream is being enabled then UpdateViewType is required",
            )),
            (false, _) if given => Err(Error::invalid(
                "If stream is being disabled, then UpdateViewType must not be specified",
            )),
            (true, true) => Err(Error::Validation(format!(
                "Table already has an enabled stream: TableName: {name}"
            ))),
            (false, false) => Err(Error::Validation(format!(
                "Table has no stream to disable: TableName: {name}"
            ))),
            _ => Ok(()),
        }
    }

    /// Changes the table. Gives back the limits of on-demand throughput as the answer shows them.
    fn apply(
        &self,
        table: &mut Table,
        call: &Call<'_>,
        timing: &Timing,
    ) -> Result<Option<OnDemand>, Error> {
        let encryption = match &self.encryption {
            Some(encryption) => Some(encryption.encryption()?),
            None => None,
        };
        if encryption == Some(Encryption::Owned) && table.settings.encryption == Encryption::Owned {
            return Err(Error::invalid("Table is already encrypted by default"));
        }
        let limits = self.apply_billing(table, call);
        let settings = &mut table.settings;
        if let Some(encryption) = encryption {
            settings.encryption = encryption;
        }
        if let Some(class) = self.table_class.as_deref() {
            settings.class = Class::read(class, Some(call.now));
        }
        if let Some(Flag(protected)) = self.deletion_protection_enabled {
            settings.protected = protected;
        }
        if let Some(warm) = self.warm_throughput {
            settings.warm = Some(warm.throughput());
        }
        if let Some(specification) = &self.stream_specification {
            match specification.view() {
                Some(view) => table.streams.push(Stream::new(call.now, view)),
                None => {
                    if let Some(stream) = table.streams.last_mut() {
                        stream.closed = Some(call.now);
                    }
                }
            }
            table.streams.retain(|stream| stream.is_kept(call.now));
        }
        for update in self.index_updates() {
            self.apply_index(update, table, call, timing)?;
        }
        keep_used_types(table, call);
        table.set_busy(call.now, timing.table, |until| State::Updating { until });
        Ok(limits)
    }

    fn apply_billing(&self, table: &mut Table, call: &Call<'_>) -> Option<OnDemand> {
        let settings = &mut table.settings;
        match (self.billing_mode.as_deref(), self.provisioned_throughput) {
            (Some("PAY_PER_REQUEST"), _) if !settings.billing.is_on_demand() => {
                settings.billing = Billing::PayPerRequest {
                    since: Some(call.now),
                };
                for index in &mut table.indexes {
                    index.provisioned = Provisioned::default();
                }
            }
            (_, Some(throughput)) => {
                let units = throughput.throughput();
                settings.billing = Billing::Provisioned(match settings.billing {
                    Billing::Provisioned(before) => before.changed(units, call.now),
                    Billing::PayPerRequest { .. } => Provisioned {
                        units,
                        ..Provisioned::default()
                    },
                });
                settings.on_demand = OnDemand::default();
            }
            _ => {}
        }
        let change = self
            .on_demand_throughput
            .filter(|limits| !limits.is_empty())?;
        let (shown, kept) = settings.on_demand.changed(change);
        settings.on_demand = kept;
        Some(shown)
    }

    fn apply_index(
        &self,
        update: &IndexUpdate<'_>,
        table: &mut Table,
        call: &Call<'_>,
        timing: &Timing,
    ) -> Result<(), Error> {
        let until = call.now + timing.index;
        if let Some(create) = &update.create {
            for definition in self.attribute_definitions.iter().flatten() {
                if let Some(kind) = definition.kind() {
                    // What is defined already keeps its type.
                    table
                        .types
                        .entry(Arc::from(definition.name()))
                        .or_insert(kind);
                }
            }
            table.indexes.retain(|index| !index.is_gone(call.now));
            let mut index = Index::new(create.global()?);
            index.creating = (!timing.index.is_zero()).then_some(until);
            index.provisioned.units = create
                .provisioned_throughput
                .map(ThroughputSpec::throughput)
                .unwrap_or_default();
            index.on_demand = create.on_demand_throughput.unwrap_or_default();
            table.add_index(index);
            return Ok(());
        }
        let name = update.name();
        let named = table
            .indexes
            .iter_mut()
            .find(|index| *index.schema.name == *name);
        let Some(index) = named else { return Ok(()) };
        if update.delete.is_some() {
            index.deleting = Some(until);
        }
        if let Some(change) = &update.update {
            if let Some(throughput) = change.provisioned_throughput {
                index.provisioned = index.provisioned.changed(throughput.throughput(), call.now);
            }
            if let Some(limits) = change.on_demand_throughput {
                index.on_demand = index.on_demand.changed(limits).1;
            }
        }
        Ok(())
    }
}

/// Forgets the types of attributes that no key uses any more.
fn keep_used_types(table: &mut Table, call: &Call<'_>) {
    let keys = table.indexes_now(call.now).map(|index| &index.schema.key);
    let used: BTreeSet<Arc<str>> = keys
        .chain([&table.key])
        .flat_map(|key| key.names())
        .cloned()
        .collect();
    table.types.retain(|name, _| used.contains(name));
}
