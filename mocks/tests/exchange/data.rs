use alchemiser_mocks::exchange::{Days, Market, MarketSetup, Series, Side};
use http::Method;
use serde_json::json;

use crate::client::{Client, at, dec, still};

#[test]
fn bars_show_completed_sessions_only_and_page() {
    let mut client = Client::new(still());
    client.now = at("2012-10-31T15:00:00Z");
    let target = "/v2/stocks/bars?symbols=AAPL,MSFT&timeframe=1Day&start=2012-10-25&limit=3";
    let first = client.get(target);
    let apple = first["bars"]["AAPL"].as_array().unwrap();
    assert_eq!(apple.len(), 2);
    assert_eq!(apple[1]["t"], "2012-10-26T04:00:00Z");
    assert_eq!(
        (&apple[1]["o"], &apple[1]["c"], &apple[1]["v"]),
        (&json!(609.43), &json!(604), &json!(36_372_600))
    );
    assert_eq!(first["bars"]["MSFT"].as_array().unwrap().len(), 1);
    let token = first["next_page_token"].as_str().unwrap().to_owned();
    let second = client.get(&format!("{target}&page_token={token}"));
    assert_eq!(second["bars"]["MSFT"].as_array().unwrap().len(), 1);
    assert_eq!(second["bars"]["MSFT"][0]["t"], "2012-10-26T04:00:00Z");
    assert_eq!(second["next_page_token"], json!(null));
    client.now = at("2012-10-31T20:00:00Z");
    assert_eq!(
        client.get(&target.replace("3", "9"))["next_page_token"],
        json!(null)
    );
    let full = client.get("/v2/stocks/bars?symbols=AAPL&timeframe=1Day&start=2012-10-25T00:00:00Z");
    assert_eq!(full["bars"]["AAPL"].as_array().unwrap().len(), 3);
}

#[test]
fn a_slow_feed_gets_its_bars_late() {
    let mut setup = still();
    setup.knobs.hide_new_bars_for = std::time::Duration::from_hours(2);
    let mut client = Client::new(setup);
    let target = "/v2/stocks/bars?symbols=AAPL&timeframe=1Day&start=2012-10-24";
    for (now, count) in [("2012-10-25T21:59:59Z", 1), ("2012-10-25T22:00:00Z", 2)] {
        client.now = at(now);
        assert_eq!(
            client.get(target)["bars"]["AAPL"].as_array().unwrap().len(),
            count,
            "at {now}"
        );
    }
}

#[test]
fn a_bar_of_the_session_that_trades_is_shown_where_the_setup_says_so() {
    let mut setup = still();
    setup.knobs.show_unfinished_bar = true;
    let mut client = Client::new(setup);
    // Apple fell on 26 October 2012 from 609.43 over a high of 614.00 and a low of 591.00 to
    // 604.00; its last close was 609.54.
    let target = "/v2/stocks/bars?symbols=AAPL&timeframe=1Day&start=2012-10-25";
    for (now, unfinished) in [
        ("2012-10-26T13:29:59Z", None),
        (
            "2012-10-26T13:30:00Z",
            Some(["609.43", "609.43", "609.43", "609.43"]),
        ),
        // The high is reached after a third of the session, at 15:40.
        (
            "2012-10-26T15:40:00Z",
            Some(["609.43", "614", "609.43", "614"]),
        ),
        (
            "2012-10-26T16:45:00Z",
            Some(["609.43", "614", "602.5", "602.5"]),
        ),
        (
            "2012-10-26T20:00:00Z",
            Some(["609.43", "614", "591", "604"]),
        ),
    ] {
        client.now = at(now);
        let answer = client.get(target);
        let bars = answer["bars"]["AAPL"].as_array().unwrap();
        let shown = bars
            .get(1)
            .map(|bar| ["o", "h", "l", "c"].map(|part| bar[part].to_string()));
        assert_eq!(
            shown,
            unfinished.map(|prices| prices.map(str::to_owned)),
            "at {now}"
        );
    }
    client.now = at("2012-10-26T15:40:00Z");
    // An end that is a date means its first moment, at which the bar of that day stands.
    for (end, count) in [
        ("2012-10-26", 2),
        ("2012-10-25", 1),
        ("2012-10-26T03:59:59Z", 1),
    ] {
        let answer = client.get(&format!("{target}&end={end}&adjustment=all"));
        assert_eq!(
            answer["bars"]["AAPL"].as_array().unwrap().len(),
            count,
            "until {end}"
        );
    }
}

#[test]
fn a_feed_may_lack_the_bars_of_some_days() {
    let day = |text: &str| Some(text.parse().unwrap());
    for (days, dates) in [
        (
            Days {
                from: day("2012-10-24"),
                to: None,
            },
            vec!["2012-10-22", "2012-10-23"],
        ),
        (
            Days {
                from: None,
                to: day("2012-10-24"),
            },
            vec!["2012-10-25"],
        ),
        (
            Days {
                from: day("2012-10-23"),
                to: day("2012-10-24"),
            },
            vec!["2012-10-22", "2012-10-25"],
        ),
        (
            Days {
                from: None,
                to: None,
            },
            vec![],
        ),
    ] {
        let mut setup = still();
        setup.knobs.no_bars.insert("AAPL".to_owned(), days);
        let mut client = Client::new(setup);
        client.now = at("2012-10-26T13:35:00Z");
        let answer =
            client.get("/v2/stocks/bars?symbols=AAPL,MSFT&timeframe=1Day&start=2012-10-22");
        let of = |symbol: &str| {
            answer["bars"][symbol]
                .as_array()
                .cloned()
                .unwrap_or_default()
        };
        let shown: Vec<String> = of("AAPL")
            .iter()
            .map(|bar| bar["t"].as_str().unwrap()[..10].to_owned())
            .collect();
        assert_eq!(
            (shown, of("MSFT").len()),
            (dates.into_iter().map(str::to_owned).collect(), 4),
            "{days:?}"
        );
    }
}

#[test]
fn adjusted_bars_have_no_split_in_them() {
    let mut client = Client::new(still());
    client.now = at("2005-03-02T15:00:00Z");
    let bars = |client: &mut Client, adjustment: &str| {
        let target = format!(
            "/v2/stocks/bars?symbols=AAPL&timeframe=1Day&start=2005-02-24&end=2005-03-01&adjustment={adjustment}"
        );
        let answer = client.get(&target);
        let list = answer["bars"]["AAPL"].as_array().unwrap().clone();
        list.iter()
            .map(|bar| dec(&bar["c"].to_string()))
            .collect::<Vec<_>>()
    };
    let (raw, all) = (bars(&mut client, "raw"), bars(&mut client, "all"));
    assert!(
        raw[1] / raw[2] > dec("1.9"),
        "Apple split two for one on 28 February 2005"
    );
    assert!(all[1] / all[2] < dec("1.1"));
    assert_eq!(raw.last(), all.last());
}

#[test]
fn the_quote_follows_the_day_and_stands_still_at_night() {
    let market = Market::new(MarketSetup::default());
    let open = market
        .quote("AAPL", at("2012-10-26T13:30:00.900Z"))
        .unwrap();
    assert_eq!(
        (open.bid.to_string(), open.ask.to_string()),
        ("609.42".into(), "609.44".into())
    );
    assert_eq!(open.at, at("2012-10-26T13:30:00Z"));
    let night = market.quote("AAPL", at("2012-10-28T12:00:00Z")).unwrap();
    assert_eq!(
        (night.ask, night.at),
        (dec("604.01"), at("2012-10-26T20:00:00Z"))
    );
    assert_eq!(
        market.price("AAPL", at("2012-10-26T15:40:00Z")),
        Some(dec("614.00")),
        "the high of a falling day"
    );
    assert!(
        market.quote("FB", at("2012-05-01T15:00:00Z")).is_none(),
        "before its first day"
    );
}

#[test]
fn a_touch_is_the_first_second_the_quote_comes_to_a_limit() {
    let market = Market::new(MarketSetup::default());
    let now = at("2012-10-26T13:35:00Z");
    for limit in ["600.00", "595.50", "612.00"] {
        let limit = Some(dec(limit));
        let touch = market.next_touch("AAPL", Side::Buy, limit, now).unwrap();
        let meets = |at| market.quote("AAPL", at).unwrap().meets(Side::Buy, limit);
        assert!(meets(touch));
        assert!(
            touch == now + chrono::TimeDelta::seconds(1)
                || !meets(touch - chrono::TimeDelta::seconds(1))
        );
    }
    assert_eq!(
        market.next_touch("AAPL", Side::Buy, Some(dec("500")), now),
        None
    );
}

#[test]
fn made_up_prices_say_so_and_join_the_real_ones() {
    let market = Market::new(MarketSetup::default());
    assert!(market.is_synthetic("EDZ") && !market.is_synthetic("AAPL"));
    let day = |text: &str| text.parse().unwrap();
    assert!(
        !market.is_synthetic_on("AAPL", day("2013-03-01"))
            && market.is_synthetic_on("AAPL", day("2013-03-04"))
    );
    let bars = market.bars("AAPL", day("2013-03-01"), day("2013-03-05"));
    assert_eq!(bars.len(), 3);
    assert!(
        (bars[1].open / bars[0].close - dec("1")).abs() < dec("0.02"),
        "{bars:?}"
    );
}

#[test]
fn a_list_of_closes_begins_where_it_is_told_to() {
    let from = "2025-10-08".parse().unwrap();
    let series = Series::Closes {
        from,
        closes: vec![dec("10"), dec("11"), dec("12")],
    };
    let setup = MarketSetup {
        series: [("TECL".to_owned(), series)].into(),
        ..MarketSetup::default()
    };
    let bars = Market::new(setup).bars(
        "TECL",
        "2025-10-06".parse().unwrap(),
        "2025-10-14".parse().unwrap(),
    );
    let closes: Vec<String> = bars.iter().map(|bar| bar.close.to_string()).collect();
    assert_eq!(closes, ["10", "10", "10", "11", "12", "12", "12"]);
    assert_eq!(bars[3].open, dec("10"));
}

#[test]
fn clock_and_calendar_know_the_hurricane() {
    let mut client = Client::new(still());
    client.now = at("2012-10-29T15:00:00Z");
    let clock = client.get("/v2/clock");
    assert_eq!(clock["is_open"], false);
    assert_eq!(clock["next_open"], "2012-10-31T09:30:00-04:00");
    let days = client.get("/v2/calendar?start=2012-10-26&end=2012-11-01");
    let dates: Vec<&str> = days
        .as_array()
        .unwrap()
        .iter()
        .map(|day| day["date"].as_str().unwrap())
        .collect();
    assert_eq!(dates, ["2012-10-26", "2012-10-31", "2012-11-01"]);
    assert_eq!(
        (&days[0]["open"], &days[0]["close"]),
        (&json!("09:30"), &json!("16:00"))
    );
}

#[test]
fn assets_and_history_are_there() {
    let mut client = Client::new(still());
    assert_eq!(client.get("/v2/assets/NVDA")["fractionable"], true);
    assert_eq!(client.call(Method::GET, "/v2/assets/nosuch", None).0, 404);
    let history = client.get("/v2/account/portfolio/history?period=1W&timeframe=1D");
    assert_eq!(
        history["equity"],
        json!([10000, 10000, 10000, 10000, 10000, 10000])
    );
    assert_eq!(history["base_value"], 10000);
}
