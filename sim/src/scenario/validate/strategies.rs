use alchemiser::strategy::{self, EvaluationError, Problem, SyntaxError, known_names};

use super::Found;
use crate::scenario::{Given, Mistake, Pointer};
use crate::spelling::nearest;

/// A strategy that cannot be read trades nothing; the function that is deployed with it does not start.
pub(super) fn check(given: &Given, found: &mut Found) {
    for (file, strategy) in &given.strategies {
        let place = Pointer::to("given").key("strategies").key(&file.0).key("source");
        match strategy::parse(&strategy.source) {
            Err(error) => found.mistakes.push(of_syntax(place, &error)),
            Ok(expression) => found.mistakes.extend(strategy::check(&expression).err().map(|error| of_meaning(place, &error))),
        }
    }
}

fn of_syntax(place: Pointer, error: &SyntaxError) -> Mistake {
    let words = error.to_string();
    match error.position() {
        Some(at) => {
            let words = words.strip_prefix(&format!("{at}: ")).unwrap_or(&words).to_owned();
            Mistake::within(place, number(at.line), number(at.column), words)
        }
        None => Mistake::of_value(place, words),
    }
}

fn of_meaning(place: Pointer, error: &EvaluationError) -> Mistake {
    // A call is told by its bracket; it is its name that is wrong.
    let (behind, hint) = match &*error.problem {
        Problem::UnknownFunction { name } => {
            let known = known_names();
            let hint = nearest(name, known.split(' ')).map(|near| format!(" (did you mean {near}?)")).unwrap_or_default();
            (1, hint)
        }
        _ => (0, String::new()),
    };
    let words = format!("{}{hint}, in {}", error.problem, error.excerpt);
    Mistake::within(place, number(error.position.line), number(error.position.column) + behind, words)
}

fn number(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
