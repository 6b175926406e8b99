//! `UpdateItem`.

use std::sync::Arc;

use serde::Deserialize;

use super::{BAD_RETURN_VALUES, RETURN_VALUES, Wishes, write};
use crate::call::Call;
use crate::constraint::{self, Constraints, enveloped};
use crate::error::Error;
use crate::expression::{BoundUpdate, Names, Role, Values};
use crate::name::{self, TableName};
use crate::operation::expressions;
use crate::operation::key::check_update_charge;
use crate::operation::legacy::{self, AttributeUpdates, Expected};
use crate::operation::parameters::{Parameters, WRITE};
use crate::operation::write::{Action, Effect, Guard};
use crate::request::{Text, read};
use crate::tables::Tables;
use crate::value::{Checked, Item};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateItem<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
    key: Option<Checked<Item>>,
    update_expression: Option<Text<'a>>,
    condition_expression: Option<Text<'a>>,
    expression_attribute_names: Option<Names>,
    expression_attribute_values: Option<Values>,
    attribute_updates: Option<AttributeUpdates>,
    expected: Option<Expected>,
    conditional_operator: Option<Text<'a>>,
    return_values: Option<Text<'a>>,
    return_consumed_capacity: Option<Text<'a>>,
    return_item_collection_metrics: Option<Text<'a>>,
    return_values_on_condition_check_failure: Option<Text<'a>>,
}

pub(crate) fn update_item(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: UpdateItem<'_> = read(input)?;
    let wishes = request.wishes();
    request.constrain(&wishes)?;
    let parameters = Parameters {
        legacy: &[
            ("AttributeUpdates", request.attribute_updates.is_some()),
            ("Expected", request.expected.is_some()),
            (
                "ConditionalOperator",
                request.conditional_operator.is_some(),
            ),
        ],
        expressions: &[
            ("UpdateExpression", request.update_expression.is_some()),
            (
                "ConditionExpression",
                request.condition_expression.is_some(),
            ),
        ],
        told_missing: &[],
        names: request.expression_attribute_names.as_ref(),
        values: request.expression_attribute_values.as_ref(),
    };
    parameters.check_mix(WRITE)?;
    let key = match &request.key {
        Some(Checked(Err(error))) => return Err(WRITE.value(error)),
        Some(Checked(Ok(key))) => key.clone(),
        None => Item::new(),
    };
    let mut placeholders = parameters.placeholders(WRITE)?;
    let operator = request.conditional_operator.as_deref();
    let updates = legacy::updates(request.attribute_updates.as_ref())?;
    let expected = legacy::expected(request.expected.as_ref(), operator)?;
    // An empty condition is told before an empty update.
    if request.condition_expression.as_deref() == Some("") {
        return Err(WRITE.error("Invalid ConditionExpression: The expression can not be empty;"));
    }
    let update = expressions::update(
        &mut tables.expressions,
        request.update_expression.as_deref(),
        &mut placeholders,
        WRITE,
    )?;
    let condition = expressions::condition(
        &mut tables.expressions,
        Role::Condition,
        request.condition_expression.as_deref(),
        &mut placeholders,
        WRITE,
    )?;
    placeholders
        .check_all_used()
        .map_err(|error| WRITE.placeholder(error))?;
    let name = TableName::new(request.table_name.as_deref().unwrap_or_default());
    if let Some(update) = &update {
        check_update_charge(tables, call, &name, &key, update)?;
    }
    let update = update.or(updates);
    let returned = update.clone();
    let guard = Guard {
        condition: condition.or(expected),
        tells_item: wishes.tells_item(),
    };
    let action = Action::Update { key, update };
    write(tables, call, &name, (&action, &guard), &wishes, |effect| {
        answered(wishes.values, returned.as_ref(), effect)
    })
}

/// What `ReturnValues` asks for.
fn answered(
    values: Option<&str>,
    update: Option<&BoundUpdate>,
    effect: &Effect,
) -> Option<Arc<Item>> {
    let part = |item: &Option<Arc<Item>>| {
        let part = update?.updated_part(item.as_deref()?);
        (!part.is_empty()).then(|| Arc::new(part))
    };
    match values {
        Some("ALL_OLD") => effect.old.clone(),
        Some("ALL_NEW") => effect.new.clone(),
        Some("UPDATED_OLD") => part(&effect.old),
        Some("UPDATED_NEW") => part(&effect.new),
        _ => None,
    }
}

impl UpdateItem<'_> {
    fn wishes(&self) -> Wishes<'_> {
        Wishes {
            values: self.return_values.as_deref(),
            capacity: self.return_consumed_capacity.as_deref(),
            metrics: self.return_item_collection_metrics.as_deref(),
            on_failure: self.return_values_on_condition_check_failure.as_deref(),
        }
    }

    /// UpdateItem tells one broken constraint at a time, but for a request without a key.
    fn constrain(&self, wishes: &Wishes<'_>) -> Result<(), Error> {
        let given = self.table_name.as_deref();
        name::not_empty(given)?;
        let bad_values = wishes
            .values
            .is_some_and(|values| !RETURN_VALUES.contains(&values));
        let list = RETURN_VALUES.join(", ");
        let told_values = |constraints: &mut Constraints| {
            let bound = format!("Member must satisfy enum value set: [{list}]");
            constraints.value(wishes.values.unwrap_or_default(), "returnValues", &bound);
        };
        if self.key.is_none() {
            let mut constraints = Constraints::default();
            constraint::capacity_mode(&mut constraints, wishes.capacity);
            if given.is_none() {
                constraints.null("tableName");
            }
            if bad_values {
                told_values(&mut constraints);
            }
            wishes.constrain_on_failure(&mut constraints);
            constraint::metrics_mode(&mut constraints, wishes.metrics);
            constraints.null("key");
            return constraints.check();
        }
        let mut constraints = Constraints::default();
        name::of_update(given, &mut constraints);
        if given.is_none() && bad_values {
            told_values(&mut constraints);
        }
        constraints.check()?;
        if bad_values {
            return Err(enveloped(BAD_RETURN_VALUES));
        }
        let mut constraints = Constraints::default();
        wishes.constrain_on_failure(&mut constraints);
        constraints.check()?;
        let mut constraints = Constraints::default();
        constraint::metrics_mode(&mut constraints, wishes.metrics);
        constraints.check()?;
        let mut constraints = Constraints::default();
        constraint::capacity_mode(&mut constraints, wishes.capacity);
        constraints.check()
    }
}
