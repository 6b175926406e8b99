use serde_json::Value;

use super::walk::{entries, has_coins, sources, with_texts};
use crate::projection::FinalAccount;

/// What a symbol's other name ends with: a class of shares. A dot comes before all letters, so the
/// order of names stays.
const MARK: &str = ".TW";
/// The longest symbol that the broker takes, without its class.
const LONGEST: usize = 5;

/// The world with other names for all symbols whose prices are its own: a name with real prices means
/// just these. The order of names stays, for among trades of one size it says which comes first, and
/// that matters where money is short.
pub(super) fn twin(document: &Value) -> Option<Value> {
    // Orders have other ids, so they fill some seconds earlier or later, and chance is asked for more
    // or for fewer calls.
    let market = entries(document, "/given/market").filter(|_| !has_coins(document))?;
    let is_own = |asset: &Value| asset.get("price").is_some() || asset.get("closes").is_some();
    let own: Vec<&str> = market
        .iter()
        .filter(|(_, asset)| is_own(asset))
        .map(|(symbol, _)| symbol.as_str())
        .collect();
    let is_plain = |symbol: &&str| {
        symbol.len() <= LONGEST && symbol.chars().all(|letter| letter.is_ascii_uppercase())
    };
    if own.is_empty() || !own.iter().all(is_plain) {
        return None;
    }
    // One that is named in a strategy and nowhere else has real prices, or none.
    sources(document).next()?;
    let renamed = |text: &str| own.contains(&text).then(|| format!("{text}{MARK}"));
    let in_source = |text: &str| {
        let quoted = |symbol: &&str| format!("\"{symbol}\"");
        let names_one = own.iter().any(|symbol| text.contains(&quoted(symbol)));
        names_one.then(|| {
            own.iter().fold(text.to_owned(), |text, symbol| {
                text.replace(&quoted(symbol), &format!("\"{symbol}{MARK}\""))
            })
        })
    };
    let text = |text: &str| renamed(text).or_else(|| in_source(text));
    Some(with_texts(document, &text))
}

/// The account by the first names.
pub(super) fn back(account: FinalAccount) -> FinalAccount {
    let first = |symbol: String| match symbol.strip_suffix(MARK) {
        Some(first) => first.to_owned(),
        None => symbol,
    };
    let positions = account.positions.into_iter();
    FinalAccount {
        positions: positions
            .map(|(symbol, held)| (first(symbol), held))
            .collect(),
        ..account
    }
}
