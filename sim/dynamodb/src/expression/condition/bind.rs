//! The checks of a condition that need the names and values of a request. They go from test to
//! test in the order of the text: the first one with an error is told.

use super::super::error::{Flaw, shown};
use super::super::path::Path;
use super::super::placeholders::Placeholders;
use super::{BoundCondition, Comparator, Condition, Function, Operand, Test};
use crate::value::{Type, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// How many operands `IN` takes.
const MOST_CANDIDATES: usize = 100;

pub(super) fn bind(
    condition: Arc<Condition>,
    placeholders: &mut Placeholders<'_>,
) -> Result<BoundCondition, Flaw> {
    let symbols = &condition.symbols;
    let mut binder = Binder {
        condition: &condition,
        placeholders,
        names: Vec::with_capacity(symbols.names.len()),
        values: Vec::with_capacity(symbols.values.len()),
    };
    binder.test(&condition.test)?;
    let Binder { names, values, .. } = binder;
    Ok(BoundCondition {
        condition,
        names,
        values,
    })
}

struct Binder<'a, 'p> {
    condition: &'a Condition,
    placeholders: &'a mut Placeholders<'p>,
    names: Vec<Arc<str>>,
    values: Vec<Value>,
}

impl Binder<'_, '_> {
    fn test(&mut self, test: &Test) -> Result<(), Flaw> {
        match test {
            Test::And(left, right) | Test::Or(left, right) => {
                self.test(left)?;
                self.test(right)
            }
            Test::Not(test) => self.test(test),
            Test::Compare(comparator, operands) => {
                self.operands(operands)?;
                self.check_distinct(comparator.symbol(), operands)?;
                self.check_comparison(*comparator, operands)
            }
            Test::Between(operands) => {
                self.operands(&operands[..])?;
                for operand in operands.iter() {
                    self.check_orderable("BETWEEN", operand)?;
                }
                self.check_bounds(&operands[1], &operands[2])
            }
            Test::In(operand, list) => {
                self.operand(operand)?;
                self.operands(list)?;
                if list.len() > MOST_CANDIDATES {
                    return Err(Flaw::TooManyOperands(list.len()));
                }
                Ok(())
            }
            Test::Call(function, arguments) => {
                self.operands(arguments)?;
                self.check_call(*function, arguments)
            }
        }
    }

    fn operands(&mut self, operands: &[Operand]) -> Result<(), Flaw> {
        operands
            .iter()
            .try_for_each(|operand| self.operand(operand))
    }

    fn operand(&mut self, operand: &Operand) -> Result<(), Flaw> {
        match operand {
            Operand::Path(path) => self.path(path),
            Operand::Value(slot) => {
                debug_assert_eq!(
                    *slot as usize,
                    self.values.len(),
                    "values bind in text order"
                );
                let placeholder = &self.condition.symbols.values[*slot as usize];
                self.values.push(self.placeholders.value(placeholder)?);
                Ok(())
            }
            Operand::Call(function, arguments) => {
                self.operands(arguments)?;
                self.check_call(*function, arguments)
            }
        }
    }

    fn path(&mut self, path: &Path) -> Result<(), Flaw> {
        for slot in path.slots() {
            debug_assert_eq!(slot as usize, self.names.len(), "names bind in text order");
            let symbol = &self.condition.symbols.names[slot as usize];
            self.names.push(self.placeholders.name(symbol)?);
        }
        Ok(())
    }

    /// The value that stands in the expression itself.
    fn literal(&self, operand: &Operand) -> Option<&Value> {
        match operand {
            Operand::Value(slot) => self.values.get(*slot as usize),
            _ => None,
        }
    }

    /// The type that an operand has whatever the item holds.
    fn known_type(&self, operand: &Operand) -> Option<Type> {
        match operand {
            Operand::Call(Function::Size, _) => Some(Type::N),
            Operand::Call(..) => Some(Type::Bool),
            _ => self.literal(operand).map(Value::kind),
        }
    }

    fn check_call(&self, function: Function, arguments: &[Operand]) -> Result<(), Flaw> {
        let name = function.name();
        if arguments.len() != function.arity() {
            return Err(Flaw::OperandCount {
                function: name,
                given: arguments.len(),
            });
        }
        self.check_distinct(name, arguments)?;
        match function {
            Function::AttributeExists | Function::AttributeNotExists => match &arguments[0] {
                Operand::Path(_) => Ok(()),
                _ => Err(Flaw::PathRequired(name)),
            },
            Function::AttributeType => self.check_type_name(&arguments[1]),
            Function::BeginsWith => arguments.iter().try_for_each(|argument| {
                self.check_type(name, argument, |kind| matches!(kind, Type::S | Type::B))
            }),
            Function::Size => self.check_type(name, &arguments[0], |kind| {
                !matches!(kind, Type::N | Type::Bool | Type::Null)
            }),
            Function::Contains => Ok(()),
        }
    }

    fn check_type(
        &self,
        function: &'static str,
        operand: &Operand,
        takes: impl Fn(Type) -> bool,
    ) -> Result<(), Flaw> {
        match self.known_type(operand) {
            Some(kind) if !takes(kind) => Err(Flaw::OperandType {
                function,
                given: kind.name(),
            }),
            _ => Ok(()),
        }
    }

    fn check_type_name(&self, operand: &Operand) -> Result<(), Flaw> {
        if let Some(Value::S(name)) = self.literal(operand) {
            return match Type::named(name) {
                Some(_) => Ok(()),
                None => Err(Flaw::TypeName(name.to_string())),
            };
        }
        // An attribute might be of any type.
        let given = self
            .known_type(operand)
            .map_or("{NS,SS,L,BS,N,M,B,BOOL,NULL,S}", Type::name);
        Err(Flaw::OperandType {
            function: Function::AttributeType.name(),
            given,
        })
    }

    fn check_comparison(&self, comparator: Comparator, operands: &[Operand]) -> Result<(), Flaw> {
        if matches!(comparator, Comparator::Equal | Comparator::NotEqual) {
            return Ok(());
        }
        operands
            .iter()
            .try_for_each(|operand| self.check_orderable(comparator.symbol(), operand))
    }

    fn check_orderable(&self, operator: &'static str, operand: &Operand) -> Result<(), Flaw> {
        self.check_type(operator, operand, |kind| {
            matches!(kind, Type::S | Type::N | Type::B)
        })
    }

    fn check_distinct(&self, operator: &'static str, operands: &[Operand]) -> Result<(), Flaw> {
        let [Operand::Path(left), Operand::Path(right)] = operands else {
            return Ok(());
        };
        let (left, right) = (left.named(&self.names), right.named(&self.names));
        if left == right {
            return Err(Flaw::NotDistinct {
                operator,
                operand: left.shown(),
            });
        }
        Ok(())
    }

    fn check_bounds(&self, lower: &Operand, upper: &Operand) -> Result<(), Flaw> {
        let (Some(lower), Some(upper)) = (self.literal(lower), self.literal(upper)) else {
            return Ok(());
        };
        if lower.kind() != upper.kind() {
            return Err(Flaw::BoundTypes(shown(lower), shown(upper)));
        }
        if lower.order(upper) == Some(Ordering::Greater) {
            return Err(Flaw::BoundOrder(shown(lower), shown(upper)));
        }
        Ok(())
    }
}
