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
    base.iter()
        .chain(changes)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn live_needs_the_name_and_the_endpoint() {
    let paper = Settings::from_environment(&environment(&[(
        "ALPACA__ENDPOINT",
        "https://paper-api.alpaca.markets/v2",
    )]));
    assert_eq!(
        paper.expect("valid").alpaca.endpoint,
        "https://paper-api.alpaca.markets"
    );
    assert!(Settings::from_environment(&environment(&[("ALPACA__TRADING_MODE", "live")])).is_err());
    assert!(
        Settings::from_environment(&environment(&[("ALPACA__ENDPOINT", LIVE_ENDPOINT)])).is_err()
    );
    for spelling in [
        "https://API.alpaca.markets",
        "https://api.alpaca.markets:443",
        "http://api.alpaca.markets",
        "https://api.alpaca.markets.",
        "https://me@api.alpaca.markets",
    ] {
        assert!(
            Settings::from_environment(&environment(&[("ALPACA__ENDPOINT", spelling)])).is_err(),
            "{spelling}"
        );
    }
    let both = environment(&[
        ("ALPACA__TRADING_MODE", "live"),
        ("ALPACA__ENDPOINT", LIVE_ENDPOINT),
    ]);
    assert_eq!(
        Settings::from_environment(&both)
            .expect("valid")
            .alpaca
            .trading_mode,
        TradingMode::Live
    );
}

#[test]
fn live_takes_no_endpoint_but_the_live_one() {
    for endpoint in [
        "https://broker.example.com",
        "https://sandbox.alpaca.markets",
        "https://api.alpaca.markets.example.com",
        "http://localhost:8080",
        "",
    ] {
        let live = environment(&[
            ("ALPACA__TRADING_MODE", "live"),
            ("ALPACA__ENDPOINT", endpoint),
        ]);
        let error = Settings::from_environment(&live)
            .expect_err(endpoint)
            .to_string();
        assert!(
            error.contains(&format!(
                "ALPACA__ENDPOINT is {endpoint:?}: live trading needs both to be live"
            )),
            "{error}"
        );
        let paper = environment(&[("ALPACA__ENDPOINT", endpoint)]);
        assert_eq!(
            Settings::from_environment(&paper)
                .expect("a stand-in may play paper")
                .alpaca
                .trading_mode,
            TradingMode::Paper
        );
    }
}

#[test]
fn settings_are_read_as_people_write_them() {
    let written = environment(&[
        ("ALPACA__ENDPOINT", "https://paper-api.alpaca.markets/v2/"),
        ("ALPACA__TRADING_MODE", " Paper "),
        ("EVENTBRIDGE__USE_EVENTBRIDGE", "TRUE"),
        ("STRATEGY__DSL_FILES", "a.clj, b.clj"),
        ("STRATEGY__DSL_ALLOCATIONS", "a.clj = 0.25, b.clj = 0.75"),
    ]);
    let settings = Settings::from_environment(&written).expect("valid");
    assert_eq!(settings.alpaca.endpoint, "https://paper-api.alpaca.markets");
    assert!(settings.event_bus.use_eventbridge);
    let shares: Vec<String> = settings
        .strategies
        .iter()
        .map(|(name, share)| format!("{name} {share}"))
        .collect();
    assert_eq!(shares, ["a.clj 0.25", "b.clj 0.75"]);
}

#[test]
fn a_share_that_is_missing_wrong_or_of_nothing_is_named() {
    for (files, shares, problem) in [
        ("", "", "STRATEGY__DSL_FILES names no strategy"),
        (
            "a.clj,b.clj",
            "",
            "STRATEGY__DSL_ALLOCATIONS has no entry for \"a.clj\"",
        ),
        (
            "a.clj,b.clj",
            "a.clj=1",
            "STRATEGY__DSL_ALLOCATIONS has no entry for \"b.clj\"",
        ),
        (
            "a.clj",
            "b.clj=1",
            "STRATEGY__DSL_ALLOCATIONS has no entry for \"a.clj\"",
        ),
        (
            "a.clj",
            "a.clj=1,b.clj=1",
            "names \"b.clj\", which is not in STRATEGY__DSL_FILES",
        ),
        (
            "a.clj,b.clj",
            "a.clj=1,b.clj=0",
            "\"b.clj\" has 0, which is not positive",
        ),
        (
            "a.clj,b.clj",
            "a.clj=1.5,b.clj=-0.5",
            "\"b.clj\" has -0.5, which is not positive",
        ),
        ("a.clj", "a.clj=0.99", "sum to 0.99, not to 1"),
        ("a.clj", "a.clj=all", "\"all\" is not a decimal"),
    ] {
        let wrong = environment(&[
            ("STRATEGY__DSL_FILES", files),
            ("STRATEGY__DSL_ALLOCATIONS", shares),
        ]);
        let error = Settings::from_environment(&wrong)
            .expect_err(problem)
            .to_string();
        assert!(error.contains(problem), "{files:?} {shares:?}: {error}");
    }
}

#[test]
fn what_is_needed_must_be_there_and_not_empty() {
    for name in [
        "ALPACA__KEY",
        "ALPACA__SECRET",
        "EMAIL__FROM_EMAIL",
        "EMAIL__TO_EMAIL",
        "EMAIL__PASSWORD",
    ] {
        let error = Settings::from_environment(&environment(&[(name, " ")]))
            .expect_err(name)
            .to_string();
        assert!(error.contains(&format!("{name} is not set")), "{error}");
    }
    let error = Settings::from_environment(&environment(&[("EMAIL__SMTP_PORT", "70000")]))
        .expect_err("no port")
        .to_string();
    assert!(
        error.contains("EMAIL__SMTP_PORT: invalid port 70000: expected 0 to 65535"),
        "{error}"
    );
}

#[test]
fn no_secret_shows_where_settings_are_logged() {
    let settings = Settings::from_environment(&environment(&[
        ("ALPACA__SECRET", "hush"),
        ("EMAIL__PASSWORD", "hush"),
    ]))
    .expect("valid");
    assert!(!format!("{settings:?}").contains("hush"));
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
    let error = Settings::from_environment(&wrong)
        .expect_err("wrong")
        .to_string();
    for name in [
        "EMAIL__SMTP_PORT: invalid number \"mail\"",
        "APP__SESSION_SCOPE: invalid value \"week\"",
        "sum to 0.66, not to 1",
        "LOGGING__LEVEL: invalid value \"LOUD\"",
        "unknown setting EMAIL__NEUTRAL",
        "unknown setting ALPACA_TRADING_MODE (did you mean ALPACA__TRADING_MODE?)",
        "unknown setting workflow__table_name (did you mean WORKFLOW_TABLE_NAME?)",
    ] {
        assert!(error.contains(name), "{error}");
    }
    assert!(!error.contains("AWS_REGION"), "{error}");
}
