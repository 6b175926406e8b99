use alchemiser::strategy::{self, EvaluationError, Problem, SyntaxError, known_names};

use super::Found;
use crate::scenario::{Given, Mistake, Pointer};
use suggestion::nearest;

/// A strategy that cannot be read trades nothing; the function that is deployed with it does not
/// start.
pub(super) fn check(given: &Given, found: &mut Found) {
    for (file, strategy) in &given.strategies {
        let place = Pointer::to("given")
            .key("strategies")
            .key(&file.0)
            .key("source");
        match strategy::parse(&strategy.source) {
            Err(error) => found.mistakes.push(of_syntax(place, &error)),
            Ok(expression) => found.mistakes.extend(
                strategy::check(&expression)
                    .err()
                    .map(|error| of_meaning(place, &error)),
            ),
        }
    }
}

fn of_syntax(place: Pointer, error: &SyntaxError) -> Mistake {
    let words = error.to_string();
    match error.position() {
        Some(at) => {
            let words = words
                .strip_prefix(&format!("{at}: "))
                .unwrap_or(&words)
                .to_owned();
            Mistake::within(place, number(at.line), number(at.column), words)
        }
        None => Mistake::of_value(place, words),
    }
}

fn of_meaning(place: Pointer, error: &EvaluationError) -> Mistake {
    let (line, column) = (number(error.position.line), number(error.position.column));
    let words = format!("{}, in {}", error.problem, error.excerpt);
    let Problem::UnknownFunction { name } = &*error.problem else {
        return Mistake::within(place, line, column, words);
    };
    let known = known_names();
    let hint = nearest(name, known.split(' ')).map(|near| format!("{name} (did you mean {near}?)"));
    let words = hint.map_or_else(
        || words.clone(),
        |hint| words.replacen(name.as_str(), &hint, 1),
    );
    // A call begins with its bracket; it is the name behind it that is wrong.
    Mistake::within(place, line, column + 1, words)
}

fn number(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
