//! `PutItem`.

use std::sync::Arc;

use serde::Deserialize;

use super::{ONLY_OLD, Wishes, write};
use crate::call::Call;
use crate::constraint::Constraints;
use crate::error::Error;
use crate::expression::{Names, Role, Values};
use crate::name::{self, TableName};
use crate::operation::expressions;
use crate::operation::key::check_item_size;
use crate::operation::legacy::{self, Expected};
use crate::operation::parameters::{Parameters, WRITE};
use crate::operation::write::{Action, Guard};
use crate::request::{Text, read};
use crate::tables::Tables;
use crate::value::{Checked, Item};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutItem<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
    item: Option<Checked<Item>>,
    condition_expression: Option<Text<'a>>,
    expression_attribute_names: Option<Names>,
    expression_attribute_values: Option<Values>,
    expected: Option<Expected>,
    conditional_operator: Option<Text<'a>>,
    return_values: Option<Text<'a>>,
    return_consumed_capacity: Option<Text<'a>>,
    return_item_collection_metrics: Option<Text<'a>>,
    return_values_on_condition_check_failure: Option<Text<'a>>,
}

pub(crate) fn put_item(tables: &mut Tables, call: &Call<'_>, input: &str) -> Result<String, Error> {
    let mut request: PutItem<'_> = read(input)?;
    request.constrain()?;
    let given = request.item.take();
    let wishes = request.wishes();
    let parameters = Parameters {
        legacy: &[
            ("Expected", request.expected.is_some()),
            (
                "ConditionalOperator",
                request.conditional_operator.is_some(),
            ),
        ],
        expressions: &[(
            "ConditionExpression",
            request.condition_expression.is_some(),
        )],
        told_missing: &[],
        names: request.expression_attribute_names.as_ref(),
        values: request.expression_attribute_values.as_ref(),
    };
    parameters.check_mix(WRITE)?;
    let item = match given {
        Some(Checked(Ok(item))) => item,
        Some(Checked(Err(error))) => return Err(WRITE.value(&error)),
        None => Item::new(),
    };
    let mut placeholders = parameters.placeholders(WRITE)?;
    let operator = request.conditional_operator.as_deref();
    let expected = legacy::expected(request.expected.as_ref(), operator)?;
    let condition = expressions::condition(
        &mut tables.expressions,
        Role::Condition,
        request.condition_expression.as_deref(),
        &mut placeholders,
        WRITE,
    )?;
    if !matches!(wishes.values, None | Some("NONE" | "ALL_OLD")) {
        return Err(WRITE.error(ONLY_OLD));
    }
    check_item_size(&item)?;
    placeholders
        .check_all_used()
        .map_err(|error| WRITE.placeholder(error))?;
    let guard = Guard {
        condition: condition.or(expected),
        tells_item: wishes.tells_item(),
    };
    let action = Action::Put(Arc::new(item));
    let name = TableName::new(request.table_name.as_deref().unwrap_or_default());
    let old = wishes.values == Some("ALL_OLD");
    write(tables, call, &name, (&action, &guard), &wishes, |effect| {
        effect.old.as_ref().filter(|_| old).cloned()
    })
}

impl PutItem<'_> {
    fn wishes(&self) -> Wishes<'_> {
        Wishes {
            values: self.return_values.as_deref(),
            capacity: self.return_consumed_capacity.as_deref(),
            metrics: self.return_item_collection_metrics.as_deref(),
            on_failure: self.return_values_on_condition_check_failure.as_deref(),
        }
    }

    fn constrain(&self) -> Result<(), Error> {
        name::not_empty(self.table_name.as_deref())?;
        let mut constraints = Constraints::default();
        name::of_items(self.table_name.as_deref(), &mut constraints);
        if self.item.is_none() {
            constraints.null("item");
        }
        self.wishes().constrain(&mut constraints);
        constraints.check()
    }
}
