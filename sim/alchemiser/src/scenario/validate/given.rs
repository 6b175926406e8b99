use alchemiser_mocks::exchange::market::real;

use super::Found;
use crate::scenario::names::looks_like_a_symbol;
use crate::scenario::{Given, Library, Names, Places, Pointer};
use simulated_cloud::template::{Problem, TemplateErrors};
use suggestion::nearest;

pub(super) fn check(given: &Given, names: &Names, found: &mut Found) {
    let place = Pointer::to("given");
    for symbol in given.positions.keys() {
        declared(place.key("positions").key(symbol), symbol, found);
    }
    for (symbol, asset) in &given.market {
        let place = place.key("market").key(symbol);
        declared(place.clone(), symbol, found);
        if asset.price.is_some() && !asset.closes.is_empty() {
            found.key(
                place.key("closes"),
                "a symbol has either one `price` for every day or daily `closes`",
            );
        }
    }
    for (index, rule) in given.exchange.orders.iter().enumerate() {
        if let Some(symbol) = &rule.symbol {
            let place = place
                .key("exchange")
                .key("orders")
                .item(index)
                .key("symbol");
            found.name(place, "symbol", symbol, names.symbols.iter());
        }
    }
}

/// A symbol that the market is given, and that nobody wants, is probably meant to be another one.
pub(super) fn check_market(given: &Given, places: &Places, library: &Library, found: &mut Found) {
    let packaged = || {
        library
            .strategies()
            .values()
            .filter(|_| given.strategies.is_empty())
    };
    for symbol in given
        .market
        .keys()
        .filter(|symbol| !real::SYMBOLS.contains(&symbol.as_str()) && looks_like_a_symbol(symbol))
    {
        let place = Pointer::to("given").key("market").key(symbol);
        if !places.names_elsewhere(symbol, &place)
            && !packaged().any(|source| source.contains(symbol.as_str()))
        {
            let others = given
                .market
                .keys()
                .chain(given.positions.keys())
                .filter(|other| *other != symbol)
                .map(String::as_str);
            let near = nearest(symbol, real::SYMBOLS.into_iter().chain(others))
                .map(|near| format!(" (did you mean {near:?}?)"));
            let words = format!(
                "nothing in this file trades {symbol:?}{}: leave it out",
                near.unwrap_or_default()
            );
            found.key(place, words);
        }
    }
}

/// A symbol of the scenario's own must look like one.
fn declared(place: Pointer, symbol: &str, found: &mut Found) {
    if !looks_like_a_symbol(symbol) {
        found.key(place, format!("{symbol:?} is no symbol: write capital letters, as in MSFT, or a coin's pair, as in BTC/USD"));
    }
}

/// What the template says of the scenario's parameters. By itself it is sound.
pub(super) fn check_parameters(given: &Given, errors: TemplateErrors, found: &mut Found) {
    let place = Pointer::to("given").key("topology").key("parameters");
    for error in errors {
        let name = subject(&error.problem)
            .filter(|name| given.topology.parameters.contains_key(*name))
            .map(str::to_owned);
        match (name, error.problem) {
            (Some(name), problem @ Problem::Unknown { .. }) => {
                found.key(place.key(&name), problem.to_string())
            }
            (Some(name), problem) => found.value(place.key(&name), problem.to_string()),
            (None, problem) => found.key(
                place.clone(),
                format!("template.yaml:{}: {problem}", error.position),
            ),
        }
    }
}

/// The name that a problem of the template is about.
fn subject(problem: &Problem) -> Option<&str> {
    match problem {
        Problem::Unknown {
            kind: "parameter",
            name,
            ..
        }
        | Problem::WrongType { name, .. }
        | Problem::OutOfRange { name, .. }
        | Problem::NotAllowed { name, .. }
        | Problem::Invalid { name, .. } => Some(name),
        _ => None,
    }
}
