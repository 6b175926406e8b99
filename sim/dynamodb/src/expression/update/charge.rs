//! What an update is charged for when its request is held to the limit of 400 KB. The charge comes
//! from the request alone: its paths with their names, and its values at every use. The constants
//! are those that DynamoDB is observed to count by.

use super::super::path::{NamedPath, NamedStep, Path};
use super::{Action, BoundUpdate, Function, Sign, Term};

const UPDATE: usize = 3;
const WRITING_ACTION: usize = 19;
const CLEARING_ACTION: usize = 1;
const TARGET_STEP: usize = 4;
const PATH_OPERAND: usize = 1;
const PATH_OPERAND_STEP: usize = 14;
const PLUS: usize = 34;
const MINUS: usize = 37;
const IF_NOT_EXISTS: usize = 39;
const LIST_APPEND: usize = 37;

pub(super) fn charge(bound: &BoundUpdate) -> usize {
    let actions = bound.update.actions.iter().zip(&bound.targets);
    UPDATE
        + actions
            .map(|(action, target)| of_action(bound, action, target))
            .sum::<usize>()
}

fn of_action(bound: &BoundUpdate, action: &Action, target: &NamedPath) -> usize {
    let steps = target
        .0
        .iter()
        .map(|step| TARGET_STEP + of_step(step))
        .sum::<usize>();
    let target = steps - TARGET_STEP;
    match action {
        Action::Set(_, term) => WRITING_ACTION + target + of_term(bound, term),
        Action::Add(_, slot) => WRITING_ACTION + target + bound.values[*slot as usize].size(),
        Action::Remove(_) | Action::Delete(..) => CLEARING_ACTION + target,
    }
}

/// The length of a name, or of the digits of an index.
fn of_step(step: &NamedStep) -> usize {
    match step {
        NamedStep::Name(name) => name.len(),
        NamedStep::Index(index) => index.checked_ilog10().unwrap_or(0) as usize + 1,
    }
}

fn of_path(bound: &BoundUpdate, path: &Path) -> usize {
    let steps = path.named(&bound.names).0;
    PATH_OPERAND
        + steps
            .iter()
            .map(|step| PATH_OPERAND_STEP + of_step(step))
            .sum::<usize>()
}

fn of_term(bound: &BoundUpdate, term: &Term) -> usize {
    match term {
        Term::Path(path) => of_path(bound, path),
        Term::Value(slot) => bound.values[*slot as usize].size(),
        Term::Sum(sign, terms) => {
            let sum = match sign {
                Sign::Plus => PLUS,
                Sign::Minus => MINUS,
            };
            sum + terms.iter().map(|term| of_term(bound, term)).sum::<usize>()
        }
        Term::Call(function, arguments) => {
            let call = match function {
                Function::IfNotExists => IF_NOT_EXISTS,
                Function::ListAppend => LIST_APPEND,
            };
            call + arguments
                .iter()
                .map(|term| of_term(bound, term))
                .sum::<usize>()
        }
    }
}
