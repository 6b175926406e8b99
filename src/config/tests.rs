use super::*;

fn environment(changes: &[(&str, &str)]) -> BTreeMap<String, String> {
    let base = [
        ("ALPACA__KEY", "key"),
        ("ALPACA__SECRET", "secret"),
        ("EMAIL__FROM_EMAIL", "from@example.com"),
        ("EMAIL__TO_EMAIL", "to@example.com"),
        ("EMAIL__PASSWORD", "password"),
        ("STRATEGY__DSL_FILES", "a.clj"),
    ];
    base.iter().chain(changes).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn live_needs_the_name_and_the_endpoint() {
    let paper = Settings::from_environment(&environment(&[("ALPACA__ENDPOINT", "https://paper-api.alpaca.markets/v2")]));
    assert_eq!(paper.expect("valid").alpaca.endpoint, "https://paper-api.alpaca.markets");
    assert!(Settings::from_environment(&environment(&[("ALPACA__TRADING_MODE", "live")])).is_err());
    assert!(Settings::from_environment(&environment(&[("ALPACA__ENDPOINT", LIVE_ENDPOINT)])).is_err());
    for spelling in
        ["https://API.alpaca.markets", "https://api.alpaca.markets:443", "http://api.alpaca.markets", "https://api.alpaca.markets."]
    {
        assert!(Settings::from_environment(&environment(&[("ALPACA__ENDPOINT", spelling)])).is_err(), "{spelling}");
    }
    let both = environment(&[("ALPACA__TRADING_MODE", "live"), ("ALPACA__ENDPOINT", LIVE_ENDPOINT)]);
    assert_eq!(Settings::from_environment(&both).expect("valid").alpaca.trading_mode, TradingMode::Live);
}

#[test]
fn every_wrong_setting_is_named() {
    let wrong = environment(&[
        ("EMAIL__SMTP_PORT", "mail"),
        ("APP__SESSION_SCOPE", "week"),
        ("STRATEGY__DSL_FILES", "a.clj,b.clj"),
        ("STRATEGY__DSL_ALLOCATIONS", "a.clj=0.6,b.clj=0.06"),
        ("LOGGING__LEVEL", "LOUD"),
        ("EMAIL__NEUTRAL", "true"),
        ("ALPACA_TRADING_MODE", "live"),
        ("workflow__table_name", "other"),
        ("AWS_REGION", "eu-central-1"),
    ]);
    let error = Settings::from_environment(&wrong).expect_err("wrong").to_string();
    for name in [
        "EMAIL__SMTP_PORT is \"mail\"",
        "APP__SESSION_SCOPE is \"week\"",
        "sum to 0.66, not to 1",
        "LOGGING__LEVEL is \"LOUD\"",
        "EMAIL__NEUTRAL is no setting",
        "ALPACA_TRADING_MODE is no setting, ALPACA__TRADING_MODE is",
        "workflow__table_name is no setting, WORKFLOW_TABLE_NAME is",
    ] {
        assert!(error.contains(name), "{error}");
    }
    assert!(!error.contains("AWS_REGION"), "{error}");
}
