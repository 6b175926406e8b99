//! The checks of an update that need the names and values of a request: first all names, then all
//! values, then the paths, then the operands of `ADD` and `DELETE`, then those of functions.

use super::super::error::{Flaw, UpdateError, spelled_out};
use super::super::path::check_clashes;
use super::super::placeholders::Placeholders;
use super::{Action, BoundUpdate, Function, Term, Update};
use crate::value::{Type, Value};
use std::sync::Arc;

pub(super) fn bind(
    update: Arc<Update>,
    placeholders: &mut Placeholders<'_>,
) -> Result<BoundUpdate, Flaw> {
    let names = update
        .symbols
        .names
        .iter()
        .map(|symbol| placeholders.name(symbol));
    let names = names.collect::<Result<Vec<_>, _>>()?;
    let values = update
        .symbols
        .values
        .iter()
        .map(|placeholder| placeholders.value(placeholder));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    let targets: Vec<_> = update
        .actions
        .iter()
        .map(|action| action.path().named(&names))
        .collect();
    check_clashes(&targets)?;
    for action in &update.actions {
        check_section(action, &values)?;
    }
    for action in &update.actions {
        if let Action::Set(_, term) = action {
            check_term(term, &values)?;
        }
    }
    Ok(BoundUpdate {
        update,
        names,
        values,
        targets,
        mismatch: UpdateError::OperandType,
    })
}

fn check_section(action: &Action, values: &[Value]) -> Result<(), Flaw> {
    let (section, slot) = match action {
        Action::Add(_, slot) => ("ADD", slot),
        Action::Delete(_, slot) => ("DELETE", slot),
        Action::Set(..) | Action::Remove(_) => return Ok(()),
    };
    match values[*slot as usize].kind() {
        Type::Ss | Type::Ns | Type::Bs => Ok(()),
        Type::N if section == "ADD" => Ok(()),
        kind => Err(Flaw::SectionOperandType {
            section,
            given: spelled_out(kind),
        }),
    }
}

fn check_term(term: &Term, values: &[Value]) -> Result<(), Flaw> {
    match term {
        Term::Path(_) | Term::Value(_) => Ok(()),
        Term::Sum(sign, terms) => {
            check_terms(&terms[..], values)?;
            check_operands(sign.symbol(), &terms[..], values, Type::N)
        }
        Term::Call(function, arguments) => {
            check_terms(arguments, values)?;
            let name = function.name();
            if arguments.len() != 2 {
                return Err(Flaw::OperandCount {
                    function: name,
                    given: arguments.len(),
                });
            }
            match function {
                Function::ListAppend => check_operands(name, arguments, values, Type::L),
                Function::IfNotExists => match arguments[0] {
                    Term::Path(_) => Ok(()),
                    _ => Err(Flaw::PathRequired(name)),
                },
            }
        }
    }
}

fn check_terms(terms: &[Term], values: &[Value]) -> Result<(), Flaw> {
    terms.iter().try_for_each(|term| check_term(term, values))
}

/// Refuses values of the request, and results of functions, that are not of the type `wanted`.
fn check_operands(
    function: &'static str,
    operands: &[Term],
    values: &[Value],
    wanted: Type,
) -> Result<(), Flaw> {
    for operand in operands {
        let kind = match operand {
            Term::Value(slot) => values[*slot as usize].kind(),
            Term::Sum(..) => Type::N,
            Term::Call(Function::ListAppend, _) => Type::L,
            Term::Path(_) | Term::Call(Function::IfNotExists, _) => continue,
        };
        if kind != wanted {
            return Err(Flaw::OperandType {
                function,
                given: kind.name(),
            });
        }
    }
    Ok(())
}
