use serde_json::{Map, Value, json};

use harness::explore::Maker;

/// What the market can be asked of a symbol. Most windows are short: a world's own closes are few.
const MEASURES: [&str; 6] = [
    "rsi",
    "moving-average-price",
    "exponential-moving-average-price",
    "cumulative-return",
    "moving-average-return",
    "max-drawdown",
];

/// One strategy file, or some whose shares are one.
pub(super) fn strategies(maker: &mut Maker<'_>, symbols: &[String]) -> Value {
    let shares: &[&str] = if maker.has("many strategies") {
        let kinds: [&[&str]; 3] = [
            &["0.5", "0.5"],
            &["0.7", "0.3"],
            &["0.25", "0.25", "0.3", "0.2"],
        ];
        maker.one("shares", &kinds).copied().unwrap_or(&["1"])
    } else {
        &["1"]
    };
    let mut files = Map::new();
    for (number, share) in shares.iter().enumerate() {
        let body = body(maker, &format!("strategy {number}"), symbols);
        let source = format!("(defsymphony \"S{number}\" {{}} {body})");
        files.insert(
            format!("s{number}.clj"),
            json!({"share": share, "source": source}),
        );
    }
    Value::Object(files)
}

/// Weights of some symbols. Most worlds ask no measure: those fail where prices stand still.
fn body(maker: &mut Maker<'_>, name: &str, symbols: &[String]) -> String {
    let wanted = wanted(maker, name, symbols);
    let assets: Vec<String> = wanted
        .iter()
        .map(|symbol| format!("(asset \"{symbol}\")"))
        .collect();
    let all = assets.join(" ");
    let kinds = if maker.has("measures") { 6 } else { 3 };
    match maker.tape.choose(&format!("{name}/kind"), kinds) {
        0 | 1 if assets.len() == 1 => all,
        0 => format!("(weight-equal [{all}])"),
        1 | 2 => {
            let weights = assets.iter().enumerate().map(|(place, asset)| {
                let name = format!("{name}/weight {place}");
                let weight = maker.pick(&name, &["0.5", "0.1", "0.3", "0.01", "1"]);
                format!("{weight} {asset}")
            });
            let weights: Vec<String> = weights.collect();
            format!(
                "(weight-specified {} 0.2 (asset \"CASH\"))",
                weights.join(" ")
            )
        }
        3 => format!("(weight-inverse-volatility 3 [{all}])"),
        4 => {
            let (measure, keep) = (
                measure(maker, name),
                maker.tape.few(&format!("{name}/keep"), 1, 2),
            );
            let window = window(maker, name);
            format!(
                "(weight-equal [(filter ({measure} {{:window {window}}}) (select-top {keep}) [{all}])])"
            )
        }
        _ => {
            let (measure, first) = (measure(maker, name), &wanted[0]);
            let limit = maker.pick(&format!("{name}/limit"), &["0", "50", "100"]);
            let window = window(maker, name);
            format!(
                "(if (> ({measure} \"{first}\" {{:window {window}}}) {limit}) {} (weight-equal [{all}]))",
                assets[0]
            )
        }
    }
}

fn measure<'a>(maker: &mut Maker<'_>, name: &str) -> &'a str {
    maker.pick(&format!("{name}/measure"), &MEASURES)
}

fn window<'a>(maker: &mut Maker<'_>, name: &str) -> &'a str {
    maker.pick(&format!("{name}/window"), &["3", "3", "10", "60"])
}

/// Some of the symbols, at least one.
fn wanted<'a>(maker: &mut Maker<'_>, name: &str, symbols: &'a [String]) -> Vec<&'a str> {
    let is_wanted = |symbol: &&String| maker.tape.happens(&format!("{name}/wants {symbol}"), 2, 3);
    let wanted: Vec<&str> = symbols
        .iter()
        .filter(is_wanted)
        .map(String::as_str)
        .collect();
    if wanted.is_empty() {
        symbols.iter().take(1).map(String::as_str).collect()
    } else {
        wanted
    }
}
