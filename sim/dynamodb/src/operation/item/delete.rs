//! `DeleteItem`.

use serde::Deserialize;

use super::{ONLY_OLD, RETURN_VALUES, Wishes, write};
use crate::call::Call;
use crate::constraint::Constraints;
use crate::error::Error;
use crate::expression::{Names, Role, Values};
use crate::name::{self, TableName};
use crate::operation::expressions;
use crate::operation::legacy::{self, Expected};
use crate::operation::parameters::{Parameters, WRITE};
use crate::operation::write::{Action, Guard};
use crate::request::{Text, read};
use crate::tables::Tables;
use crate::value::{Checked, Item};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteItem<'a> {
    #[serde(borrow)]
    table_name: Option<Text<'a>>,
    key: Option<Checked<Item>>,
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

pub(crate) fn delete_item(
    tables: &mut Tables,
    call: &Call<'_>,
    input: &str,
) -> Result<String, Error> {
    let request: DeleteItem<'_> = read(input)?;
    let wishes = request.wishes();
    request.constrain(&wishes)?;
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
    let key = match &request.key {
        Some(Checked(Err(error))) => return Err(WRITE.value(error)),
        Some(Checked(Ok(key))) => key.clone(),
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
    placeholders
        .check_all_used()
        .map_err(|error| WRITE.placeholder(error))?;
    let guard = Guard {
        condition: condition.or(expected),
        tells_item: wishes.tells_item(),
    };
    let action = Action::Delete(key);
    let name = TableName::new(request.table_name.as_deref().unwrap_or_default());
    let old = wishes.values == Some("ALL_OLD");
    write(tables, call, &name, (&action, &guard), &wishes, |effect| {
        effect.old.as_ref().filter(|_| old).cloned()
    })
}

impl DeleteItem<'_> {
    fn wishes(&self) -> Wishes<'_> {
        Wishes {
            values: self.return_values.as_deref(),
            capacity: self.return_consumed_capacity.as_deref(),
            metrics: self.return_item_collection_metrics.as_deref(),
            on_failure: self.return_values_on_condition_check_failure.as_deref(),
        }
    }

    fn constrain(&self, wishes: &Wishes<'_>) -> Result<(), Error> {
        name::not_empty(self.table_name.as_deref())?;
        let mut constraints = Constraints::default();
        name::of_items(self.table_name.as_deref(), &mut constraints);
        if self.key.is_none() {
            constraints.null("key");
        }
        wishes.constrain(&mut constraints);
        let known = wishes
            .values
            .filter(|values| RETURN_VALUES.contains(values));
        if self.key.is_some() && !matches!(known, None | Some("NONE" | "ALL_OLD")) {
            constraints.add(ONLY_OLD.to_owned());
        }
        constraints.check()
    }
}
