//! `CreateTable`.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;

use super::specification::{
    EncryptionSpec, StreamSpec, WarmSpec, constrain_modes, units_on_demand,
};
use crate::call::Call;
use crate::constraint::Constraints;
use crate::error::Error;
use crate::name::{self, TableName};
use crate::operation::answer::wrapped;
use crate::operation::tag::{self, Tag};
use crate::place::Place;
use crate::request::{Flag, Text, read};
use crate::schema::{
    AttributeDefinition, IndexKind, IndexSpec, KeyElement, KeySchema, OnDemand, ThroughputSpec,
    undefined_key, unused_definitions,
};
use crate::table::{Billing, Class, Index, Provisioned, Settings, State, Stream, Table};
use crate::tables::Tables;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateTable<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
    attribute_definitions: Option<Vec<AttributeDefinition<'a>>>,
    key_schema: Option<Vec<KeyElement<'a>>>,
    global_secondary_indexes: Option<Vec<IndexSpec<'a>>>,
    local_secondary_indexes: Option<Vec<IndexSpec<'a>>>,
    billing_mode: Option<Text<'a>>,
    provisioned_throughput: Option<ThroughputSpec>,
    on_demand_throughput: Option<OnDemand>,
    warm_throughput: Option<WarmSpec>,
    stream_specification: Option<StreamSpec<'a>>,
    #[serde(rename = "SSESpecification")]
    encryption: Option<EncryptionSpec<'a>>,
    table_class: Option<Text<'a>>,
    deletion_protection_enabled: Option<Flag>,
    tags: Option<Vec<Tag<'a>>>,
    resource_policy: Option<Text<'a>>,
}

const GLOBAL_INDEXES: usize = 20;
const LOCAL_INDEXES: usize = 5;

pub(crate) fn create_table(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let (place, table) = create(tables, call, input)?;
    let mut shown = table.described(&place, call.now);
    shown["TableStatus"] = "CREATING".into();
    for index in shown["GlobalSecondaryIndexes"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        index["IndexStatus"] = "CREATING".into();
    }
    Ok(wrapped("TableDescription", &shown))
}

/// Makes the table that a request asks for, and gives it back with its place.
pub(crate) fn create<'t>(
    tables: &'t mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<(Place, &'t Table), Error> {
    let request: CreateTable<'_> = read(input)?;
    request.constrain()?;
    let name = TableName::new(request.table_name.as_deref().unwrap_or_default());
    let place = name.place(call.place).clone();
    let mut table = request.table(&name, call)?;
    if tables.find(call.now, &place, name.name).is_some() {
        return Err(Error::ResourceInUse(format!(
            "Table already exists: {}",
            name.name
        )));
    }
    table.set_busy(call.now, tables.timing.table, |until| State::Creating {
        until,
    });
    let table = tables.add(&place, table);
    Ok((place, table))
}

impl CreateTable<'_> {
    fn constrain(&self) -> Result<(), Error> {
        let Some(given) = self.table_name.as_deref() else {
            return Err(Error::validation(
                "The parameter 'TableName' is required but was not present in the request",
            ));
        };
        let mut constraints = Constraints::default();
        name::of_new_table(TableName::new(given).name, "tableName", &mut constraints);
        constraints.check()?;

        let mut constraints = Constraints::default();
        let (billing, class) = (self.billing_mode.as_deref(), self.table_class.as_deref());
        constrain_modes(
            billing,
            class,
            self.provisioned_throughput,
            &mut constraints,
        );
        KeyElement::constrain(self.key_schema.as_deref(), "keySchema", 2, &mut constraints);
        let definitions = self.attribute_definitions.as_deref();
        AttributeDefinition::constrain(definitions, &mut constraints);
        for (kind, member, list) in [
            (
                IndexKind::Global,
                "globalSecondaryIndexes",
                &self.global_secondary_indexes,
            ),
            (
                IndexKind::Local,
                "localSecondaryIndexes",
                &self.local_secondary_indexes,
            ),
        ] {
            for (index, specification) in list.iter().flatten().enumerate() {
                let path = format!("{member}.{}.member", index + 1);
                specification.constrain(kind, &path, &mut constraints);
            }
        }
        if let Some(stream) = &self.stream_specification {
            stream.constrain(&mut constraints);
        }
        if let Some(encryption) = &self.encryption {
            encryption.constrain(&mut constraints);
        }
        constraints.check()
    }

    fn table(&self, name: &TableName<'_>, call: &Call<'_>) -> Result<Table, Error> {
        let settings = self.settings()?;
        let (key, indexes) = self.keys(settings.billing)?;
        let stream = self.stream(call)?;
        let definitions = self.attribute_definitions.iter().flatten();
        let types = definitions
            .filter_map(|definition| Some((Arc::from(definition.name()), definition.kind()?)))
            .collect();
        let mut table = Table::new(Arc::from(name.name), call.now, types, key);
        table.settings = settings;
        table.settings.on_demand = self.on_demand()?;
        table.settings.encryption = match &self.encryption {
            Some(encryption) => encryption.encryption()?,
            None => Default::default(),
        };
        tag::add(
            &mut table.settings.tags,
            self.tags.as_deref().unwrap_or_default(),
        )?;
        table.indexes = indexes;
        table.streams.extend(stream);
        if self.resource_policy.is_some() {
            return Err(Error::invalid(
                "ResourcePolicy is not simulated; leave it out, or give roles their policies",
            ));
        }
        Ok(table)
    }

    fn is_on_demand(&self) -> bool {
        self.billing_mode.as_deref() == Some("PAY_PER_REQUEST")
    }

    fn settings(&self) -> Result<Settings, Error> {
        if self.is_on_demand() && self.provisioned_throughput.is_some() {
            return Err(units_on_demand());
        }
        if let Some(throughput) = self.provisioned_throughput {
            throughput.check_bounds(None)?;
        }
        let billing = match self.provisioned_throughput {
            _ if self.is_on_demand() => Billing::PayPerRequest { since: None },
            Some(throughput) => Billing::Provisioned(Provisioned {
                units: throughput.throughput(),
                ..Provisioned::default()
            }),
            None => {
                return Err(Error::invalid(
                    "ReadCapacityUnits and WriteCapacityUnits must both be specified when \
                     BillingMode is PROVISIONED",
                ));
            }
        };
        Ok(Settings {
            billing,
            warm: self.warm_throughput.map(WarmSpec::throughput),
            class: self
                .table_class
                .as_deref()
                .and_then(|name| Class::read(name, None)),
            protected: self.deletion_protection_enabled == Some(Flag(true)),
            ..Settings::default()
        })
    }

    fn on_demand(&self) -> Result<OnDemand, Error> {
        let limits = self.on_demand_throughput.unwrap_or_default();
        if let Some(member) = limits.first_given().filter(|_| !self.is_on_demand()) {
            return Err(Error::invalid(format_args!(
                "{member} for OnDemandThroughput cannot be specified when table BillingMode is \
                 PROVISIONED."
            )));
        }
        limits.check_bounds(false)?;
        Ok(limits)
    }

    fn keys(&self, billing: Billing) -> Result<(KeySchema, Vec<Index>), Error> {
        let elements = self.key_schema.as_deref().unwrap_or_default();
        let definitions = self.attribute_definitions.as_deref().unwrap_or_default();
        self.check_definitions(elements, definitions)?;
        let key = KeySchema::simple(elements)?;
        let locals = self.local_secondary_indexes.as_deref();
        let globals = self.global_secondary_indexes.as_deref();
        for (member, list) in [
            ("LocalSecondaryIndexes", locals),
            ("GlobalSecondaryIndexes", globals),
        ] {
            if list.is_some_and(<[_]>::is_empty) {
                return Err(Error::invalid(format_args!("List of {member} is empty")));
            }
        }
        let (locals, globals) = (locals.unwrap_or_default(), globals.unwrap_or_default());
        let mut indexes = local_indexes(locals, elements, definitions)?;
        indexes.extend(global_indexes(globals, definitions, billing)?);
        let all = globals.iter().chain(locals);
        unique_names(all.clone())?;
        let used = all
            .flat_map(IndexSpec::key)
            .chain(elements)
            .map(KeyElement::name);
        let used: Vec<&str> = used.collect();
        unused_definitions(definitions, &used, !indexes.is_empty())?;
        Ok((key, indexes))
    }

    /// Every attribute of the table's key must be defined, and be there once.
    fn check_definitions(
        &self,
        key: &[KeyElement<'_>],
        definitions: &[AttributeDefinition<'_>],
    ) -> Result<(), Error> {
        let twice = key.len() == 2 && key[0].name() == key[1].name();
        let defined = |element: &KeyElement<'_>| {
            definitions
                .iter()
                .any(|definition| definition.name() == element.name())
        };
        if key.iter().all(defined) && !twice {
            return Ok(());
        }
        if key.len() >= 2 || twice || definitions.is_empty() {
            let message = "Invalid KeySchema: Some index key attribute have no definition";
            return Err(Error::validation(message));
        }
        undefined_key(key, definitions)
    }

    fn stream(&self, call: &Call<'_>) -> Result<Option<Stream>, Error> {
        let Some(specification) = &self.stream_specification else {
            return Ok(None);
        };
        match (specification.is_enabled(), specification.view()) {
            (true, Some(view)) => Ok(Some(Stream::new(call.now, view))),
            (true, None) => Err(Error::invalid(
                "Table is being created with a stream enabled, UpdateViewType is required",
            )),
            (false, Some(_)) => Err(Error::invalid(
                "Table is being created with a stream disabled, UpdateViewType should not be \
                 specified",
            )),
            (false, None) => Ok(None),
        }
    }
}

fn local_indexes(
    list: &[IndexSpec<'_>],
    table: &[KeyElement<'_>],
    definitions: &[AttributeDefinition<'_>],
) -> Result<Vec<Index>, Error> {
    if !list.is_empty() && table.len() < 2 {
        return Err(Error::invalid(
            "Table KeySchema does not have a range key, which is required when specifying a \
             LocalSecondaryIndex",
        ));
    }
    for index in list {
        undefined_key(index.key(), definitions)?;
    }
    let indexes: Vec<_> = list
        .iter()
        .map(|index| index.local(table).map(Index::new))
        .collect::<Result<_, _>>()?;
    unique_names(list.iter())?;
    if indexes.len() > LOCAL_INDEXES {
        return Err(Error::invalid(format_args!(
            "Number of LocalSecondaryIndexes exceeds per-table limit of {LOCAL_INDEXES}"
        )));
    }
    Ok(indexes)
}

fn global_indexes(
    list: &[IndexSpec<'_>],
    definitions: &[AttributeDefinition<'_>],
    billing: Billing,
) -> Result<Vec<Index>, Error> {
    for index in list {
        undefined_key(index.key(), definitions)?;
    }
    let mut indexes: Vec<_> = list
        .iter()
        .map(|index| index.global().map(Index::new))
        .collect::<Result<_, _>>()?;
    unique_names(list.iter())?;
    if indexes.len() > GLOBAL_INDEXES {
        return Err(Error::invalid(format_args!(
            "GlobalSecondaryIndex count exceeds the per-table limit of {GLOBAL_INDEXES}"
        )));
    }
    for (index, specification) in indexes.iter_mut().zip(list) {
        let name = specification.name();
        match specification.provisioned_throughput {
            Some(_) if billing.is_on_demand() => {
                return Err(Error::invalid(format_args!(
                    "ProvisionedThroughput should not be specified for index: {name} when \
                     BillingMode is PAY_PER_REQUEST"
                )));
            }
            None if !billing.is_on_demand() => {
                return Err(Error::invalid(format_args!(
                    "ProvisionedThroughput is not specified for index: {name}"
                )));
            }
            Some(throughput) => {
                throughput.check_bounds(Some(name))?;
                index.provisioned.units = throughput.throughput();
            }
            None => index.on_demand = specification.on_demand_throughput.unwrap_or_default(),
        }
    }
    Ok(indexes)
}

fn unique_names<'a>(indexes: impl Iterator<Item = &'a IndexSpec<'a>>) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    for index in indexes {
        if !seen.insert(index.name()) {
            let name = index.name();
            return Err(Error::invalid(format_args!("Duplicate index name: {name}")));
        }
    }
    Ok(())
}
