//! `TransactWriteItems`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{all_or_none, constrain_count, twice};
use crate::call::Call;
use crate::constraint::{self, Constraints};
use crate::error::Error;
use crate::expression::{Names, Role, Values};
use crate::java::TRANSACT_WRITES;
use crate::name::{self, TableName};
use crate::operation::answer::json;
use crate::operation::capacity::{
    Axis, CollectionMetrics, Consumed, Mode, TRANSACTION_FACTOR, Units, read_units,
};
use crate::operation::expressions;
use crate::operation::key::{check_item_size, table_of};
use crate::operation::parameters::{OLDER, Parameters};
use crate::operation::write::{Action, Effect, Guard};
use crate::request::{Text, read};
use crate::table::Position;
use crate::tables::Tables;
use crate::value::{Checked, Item, item_size};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TransactWriteItems<'a> {
    #[serde(borrow)]
    transact_items: Option<Vec<TransactItem<'a>>>,
    client_request_token: Option<Text<'a>>,
    return_consumed_capacity: Option<Text<'a>>,
    return_item_collection_metrics: Option<Text<'a>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TransactItem<'a> {
    #[serde(borrow)]
    put: Option<ActionRequest<'a>>,
    update: Option<ActionRequest<'a>>,
    delete: Option<ActionRequest<'a>>,
    condition_check: Option<ActionRequest<'a>>,
}

/// The parameters of all kinds of actions.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ActionRequest<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
    item: Option<Checked<Item>>,
    key: Option<Checked<Item>>,
    update_expression: Option<Text<'a>>,
    condition_expression: Option<Text<'a>>,
    expression_attribute_names: Option<Names>,
    expression_attribute_values: Option<Values>,
    return_values_on_condition_check_failure: Option<Text<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Put,
    Update,
    Delete,
    Check,
}

/// One action, once its parameters are checked.
struct Wanted<'r> {
    name: TableName<'r>,
    action: Action,
    guard: Guard,
}

/// The most bytes of all items, and the longest token.
const ITEMS_BYTES: usize = 4 << 20;
const TOKEN_LENGTH: usize = 36;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    consumed_capacity: Option<Vec<Consumed<'a>>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    item_collection_metrics: BTreeMap<&'a str, Vec<CollectionMetrics>>,
}

pub(crate) fn transact_write_items(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: TransactWriteItems<'_> = read(input)?;
    request.constrain(input)?;
    let mode = Mode::read(request.return_consumed_capacity.as_deref());
    let token = request.client_request_token.as_deref();
    if let Some(token) = token
        && let Some(sizes) = tables.tokens.done(call.now, call.place, token, input)?
    {
        return Ok(repeated(sizes, mode));
    }
    let mut wanted = Vec::new();
    for (kind, action) in request.actions() {
        wanted.push(action.wanted(kind, tables)?);
    }
    check_targets(tables, call, &wanted)?;
    let results = wanted.iter().enumerate().map(|(index, wanted)| {
        if call.conflict == Some(index) {
            return Err(Error::TransactionConflict);
        }
        wanted
            .action
            .effect(&wanted.guard, table_of(tables, call, &wanted.name)?, call)
    });
    let effects: Vec<Effect> = all_or_none(results.collect())?;

    let mut units = BTreeMap::<&str, Units>::new();
    for (effect, wanted) in effects.iter().zip(&wanted) {
        if mode != Mode::None {
            let cost = wanted.units(effect, tables, call)?;
            units
                .entry(wanted.name.given)
                .or_default()
                .add(&cost, TRANSACTION_FACTOR);
        }
        if !matches!(wanted.action, Action::Check(_)) {
            let name = &wanted.name;
            effect.apply(tables, call.now, name.place(call.place), name.name);
        }
    }
    if let Some(token) = token {
        let sizes = effects.iter().zip(&wanted).map(|(effect, wanted)| {
            let size = |item: &Option<Arc<Item>>| item.as_deref().map_or(0, item_size);
            (
                wanted.name.given.to_owned(),
                size(&effect.old).max(size(&effect.new)),
            )
        });
        let sizes = sizes.collect();
        tables
            .tokens
            .note(call.now, call.place, token, input, sizes);
    }
    let tells_metrics = request.return_item_collection_metrics.as_deref() == Some("SIZE");
    let item_collection_metrics = if tells_metrics {
        metrics(tables, call, &wanted, &effects)?
    } else {
        BTreeMap::new()
    };
    let consumed = units
        .iter()
        .filter_map(|(name, units)| units.consumed(name, mode, Axis::Write));
    let consumed_capacity = (mode != Mode::None).then(|| consumed.collect());
    Ok(json(&Answer {
        consumed_capacity,
        item_collection_metrics,
    }))
}

/// The collections that were written to, by table.
fn metrics<'r>(
    tables: &Tables,
    call: &Call<'_>,
    wanted: &[Wanted<'r>],
    effects: &[Effect],
) -> Result<BTreeMap<&'r str, Vec<CollectionMetrics>>, Error> {
    let mut all = BTreeMap::<&str, Vec<CollectionMetrics>>::new();
    for (effect, wanted) in effects.iter().zip(wanted) {
        let table = table_of(tables, call, &wanted.name)?;
        let written = effect.new.as_deref().or(effect.old.as_deref());
        let metrics = written.and_then(|item| CollectionMetrics::of(table, call.now, item));
        if let Some(metrics) = metrics {
            all.entry(wanted.name.given).or_default().push(metrics);
        }
    }
    Ok(all)
}

/// The answer to a transaction that was done before: it is charged as a read of its items.
fn repeated(sizes: &[(String, usize)], mode: Mode) -> String {
    let mut units = BTreeMap::<&str, Units>::new();
    for (name, size) in sizes {
        let read = Units::of_table(read_units(*size, true));
        units
            .entry(name)
            .or_default()
            .add(&read, TRANSACTION_FACTOR);
    }
    let consumed = units
        .iter()
        .filter_map(|(name, units)| units.consumed(name, mode, Axis::Read));
    let consumed_capacity = (mode != Mode::None).then(|| consumed.collect());
    json(&Answer {
        consumed_capacity,
        item_collection_metrics: BTreeMap::new(),
    })
}

/// Every table must be there, every item be meant once, and all together not be too large.
fn check_targets(tables: &Tables, call: &Call<'_>, wanted: &[Wanted<'_>]) -> Result<(), Error> {
    let mut seen: Vec<(&str, Position)> = Vec::with_capacity(wanted.len());
    for one in wanted {
        let table = table_of(tables, call, &one.name)?;
        // A key that does not fit is a reason of cancellation, later.
        let Ok(position) = one.action.position(table) else {
            continue;
        };
        let target = (one.name.name, position);
        if seen.contains(&target) {
            return Err(twice());
        }
        seen.push(target);
    }
    let sizes = wanted.iter().map(|wanted| match &wanted.action {
        Action::Put(item) => item_size(item),
        Action::Update { key, .. } | Action::Delete(key) | Action::Check(key) => item_size(key),
    });
    if sizes.sum::<usize>() > ITEMS_BYTES {
        return Err(Error::validation(
            "Collection size of items exceeded, which can also be caused by the aggregate size of \
             the items in the transaction exceeding the 4MB limit",
        ));
    }
    Ok(())
}

impl Wanted<'_> {
    fn units(&self, effect: &Effect, tables: &Tables, call: &Call<'_>) -> Result<Units, Error> {
        let table = table_of(tables, call, &self.name)?;
        Ok(match self.action {
            // A check is charged like a write of what it looks at, without the indexes.
            Action::Check(_) => {
                let size = effect.old.as_deref().map_or(0, item_size);
                Units::of_table(crate::operation::capacity::write_units(size))
            }
            _ => effect.units(table, call.now),
        })
    }
}

impl Kind {
    fn path(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Check => "conditionCheck",
        }
    }
}

impl ActionRequest<'_> {
    fn constrain(&self, kind: Kind, path: &str, constraints: &mut Constraints) {
        match kind {
            Kind::Put if self.item.is_none() => constraints.null(format!("{path}.item")),
            Kind::Put => {}
            _ if self.key.is_none() => constraints.null(format!("{path}.key")),
            _ => {}
        }
        if kind == Kind::Update && self.update_expression.is_none() {
            constraints.null(format!("{path}.updateExpression"));
        }
        if kind == Kind::Check && self.condition_expression.is_none() {
            constraints.null(format!("{path}.conditionExpression"));
        }
        if self.table_name.is_none() {
            constraints.null(format!("{path}.tableName"));
        }
        let on_failure = self.return_values_on_condition_check_failure.as_deref();
        let path = format!("{path}.returnValuesOnConditionCheckFailure");
        constraints.one_of(on_failure, path, &["ALL_OLD", "NONE"]);
    }

    fn wanted(&self, kind: Kind, tables: &mut Tables) -> Result<Wanted<'_>, Error> {
        let given = if kind == Kind::Put {
            &self.item
        } else {
            &self.key
        };
        let item = match given {
            Some(Checked(Ok(item))) => item.clone(),
            Some(Checked(Err(error))) => return Err(OLDER.value(error)),
            None => return Err(Error::Internal),
        };
        let parameters = Parameters {
            legacy: &[],
            expressions: &[
                ("UpdateExpression", self.update_expression.is_some()),
                ("ConditionExpression", self.condition_expression.is_some()),
            ],
            told_missing: &[],
            names: self.expression_attribute_names.as_ref(),
            values: self.expression_attribute_values.as_ref(),
        };
        let mut placeholders = parameters.check(OLDER)?;
        if kind == Kind::Put {
            check_item_size(&item)?;
        }
        let update = expressions::update(
            &mut tables.expressions,
            self.update_expression
                .as_deref()
                .filter(|_| kind == Kind::Update),
            &mut placeholders,
            OLDER,
        )?;
        let condition = expressions::condition(
            &mut tables.expressions,
            Role::Condition,
            self.condition_expression.as_deref(),
            &mut placeholders,
            OLDER,
        )?;
        placeholders
            .check_all_used()
            .map_err(|error| OLDER.placeholder(error))?;
        let action = match kind {
            Kind::Put => Action::Put(Arc::new(item)),
            Kind::Update => Action::Update { key: item, update },
            Kind::Delete => Action::Delete(item),
            Kind::Check => Action::Check(item),
        };
        let on_failure = self.return_values_on_condition_check_failure.as_deref();
        Ok(Wanted {
            name: TableName::new(self.table_name.as_deref().unwrap_or_default()),
            action,
            guard: Guard {
                condition,
                tells_item: on_failure == Some("ALL_OLD"),
            },
        })
    }
}

impl TransactItem<'_> {
    fn actions(&self) -> impl Iterator<Item = (Kind, &ActionRequest<'_>)> {
        let all = [
            (Kind::Put, &self.put),
            (Kind::Update, &self.update),
            (Kind::Delete, &self.delete),
            (Kind::Check, &self.condition_check),
        ];
        all.into_iter()
            .filter_map(|(kind, action)| Some((kind, action.as_ref()?)))
    }
}

impl TransactWriteItems<'_> {
    fn actions(&self) -> impl Iterator<Item = (Kind, &ActionRequest<'_>)> {
        self.transact_items
            .iter()
            .flatten()
            .flat_map(TransactItem::actions)
    }

    fn constrain(&self, input: &str) -> Result<(), Error> {
        let items = self.transact_items.as_deref();
        constrain_count(items.map(<[_]>::len), input, TRANSACT_WRITES)?;
        let items = items.unwrap_or_default();
        let mut constraints = Constraints::default();
        for (index, item) in items.iter().enumerate() {
            for (kind, action) in item.actions() {
                let path = format!("transactItems.{}.member.{}", index + 1, kind.path());
                action.constrain(kind, &path, &mut constraints);
            }
        }
        if let Some(token) = self.client_request_token.as_deref() {
            constraints.length(token, "clientRequestToken", 1, TOKEN_LENGTH);
        }
        constraint::capacity_mode(&mut constraints, self.return_consumed_capacity.as_deref());
        constraint::metrics_mode(
            &mut constraints,
            self.return_item_collection_metrics.as_deref(),
        );
        constraints.check()?;
        for item in items {
            match item.actions().count() {
                0 => {
                    return Err(Error::validation(
                        "Invalid Request: TransactWriteRequest should contain Delete or Put or \
                         Update request",
                    ));
                }
                1 => {}
                _ => {
                    return Err(Error::validation(
                        "TransactItems can only contain one of Check, Put, Update or Delete",
                    ));
                }
            }
        }
        let mut constraints = Constraints::default();
        for (index, (kind, action)) in self.actions().enumerate() {
            let path = format!(
                "transactItems.{}.member.{}.tableName",
                index + 1,
                kind.path()
            );
            name::of_member(action.table_name.as_deref(), &path, &mut constraints);
        }
        constraints.check()
    }
}
