use serde_json::{Value, json};

use super::check;
use super::step::{EVENTS, STEPS, Waker};
use crate::check::testing::{History, event};
use crate::trading::TroubleKind;
use simulated_cloud::cloud_event::InvocationOutcome;

/// An event of the workflow `w`, stamped with a time of day.
fn at(detail_type: &str, id: &str, cause: &str, time: &str) -> Value {
    let mut made = event(detail_type, id, cause);
    made["detail"]["timestamp"] = format!("2012-03-14T{time}Z").into();
    made
}

/// An invocation that is given this and puts these.
fn step(history: History, number: u64, payload: Value, puts: &[&Value]) -> History {
    let begun = history.starts(number, payload);
    let done = puts
        .iter()
        .fold(begun, |history, event| history.puts(event));
    done.ends(InvocationOutcome::Success)
}

fn trade() -> Value {
    json!({ "mode": "trade" })
}

fn watchdog() -> Value {
    json!({ "action": "watchdog" })
}

fn wanted() -> Value {
    let mut signals = event("SignalGenerated", "s", "a");
    signals["detail"]["consolidated_portfolio"] = json!({ "target_allocations": { "MSFT": "1" } });
    signals
}

fn plan() -> Value {
    let mut plan = event("RebalancePlanned", "p", "s");
    plan["detail"]["rebalance_plan"] = json!({
        "plan_id": "plan-p",
        "total_trade_value": "500.00",
        "items": [{ "symbol": "MSFT", "action": "BUY", "trade_amount": "500.00" }],
        "metadata": { "target_allocations": { "MSFT": "1" }, "cash_balance": "1000", "planned_cash": "500" },
    });
    plan
}

fn traded() -> Value {
    let mut traded = event("TradeExecuted", "t", "p");
    traded["detail"]["orders_placed"] = 1.into();
    traded["detail"]["orders_succeeded"] = 1.into();
    traded["detail"]["execution_data"] = json!({
        "plan_id": "plan-p",
        "total_trade_value": "500.00",
        "orders": [{ "symbol": "MSFT", "action": "BUY", "shares": "10", "trade_amount": "500.00",
            "order_id": "one", "success": true }],
    });
    traded
}

fn asked(is_success: bool) -> Value {
    let mut asked = event("TradingNotificationRequested", "n", "t");
    let result = traded();
    asked["detail"]["trading_success"] = is_success.into();
    asked["detail"]["orders_placed"] = 1.into();
    asked["detail"]["orders_succeeded"] = 1.into();
    asked["detail"]["total_trade_value"] = "500.00".into();
    asked["detail"]["execution_data"] = result["detail"]["execution_data"].clone();
    asked
}

/// A workflow up to its plan.
fn planned(plan: &Value) -> History {
    let started = at("WorkflowStarted", "a", "w", "13:35:00");
    let history = step(History::new(), 1, trade(), &[&started]);
    let history = step(history, 2, started, &[&wanted()]);
    step(history, 3, wanted(), &[plan])
}

/// The same, with a fill of so many shares, and a result.
fn executed(plan: &Value, shares: &str, puts: &[&Value]) -> History {
    let begun = planned(plan)
        .starts(4, plan.clone())
        .accepts("alch-1", "buy 10 MSFT @ 50")
        .fills("alch-1", shares, "50");
    let done = puts
        .iter()
        .fold(begun, |history, event| history.puts(event));
    done.ends(InvocationOutcome::Success)
}

fn whole(asked: &Value, text: &str) -> History {
    let completed = event("WorkflowCompleted", "c", "p");
    let history = executed(&plan(), "10", &[&traded(), &completed]);
    let history = step(history, 5, traded(), &[asked]);
    history.starts(6, asked.clone()).mails("n@alchemiser", text)
}

const MAIL: &str = "Orders: 1 of 1 filled\n  BUY 10 MSFT: filled\n";

#[test]
fn the_model_knows_every_event_and_who_puts_it() {
    for event in EVENTS {
        let is_put = |step: &&super::step::Step| {
            step.outcomes.iter().any(|outcome| outcome.contains(&event))
        };
        assert!(STEPS.iter().any(|step| is_put(&step)), "{event}");
    }
    for step in &STEPS {
        let is_known = |event: &&str| EVENTS.contains(event);
        assert!(
            step.outcomes
                .iter()
                .flat_map(|outcome| *outcome)
                .all(is_known)
        );
        if let Waker::Event(event) = step.woken_by {
            assert!(EVENTS.contains(&event), "{event}");
        }
    }
}

#[test]
fn a_day_follows_the_model() {
    let (premises, violations) = whole(&asked(true), MAIL).judged(check);
    assert_eq!(
        (premises, violations),
        (6 + 1 + 3, 0),
        "events, a mail, amounts"
    );
}

#[test]
fn a_workflow_ends_one_way() {
    let completed = event("WorkflowCompleted", "c", "p");
    let ended = || executed(&plan(), "10", &[&traded(), &completed]);
    let failed = at("WorkflowFailed", "f", "w", "14:10:00");
    assert_eq!(ended().judged(check).1, 0);
    assert_eq!(
        step(ended(), 8, watchdog(), &[&failed]).judged(check).1,
        2,
        "it is late too"
    );
    assert_eq!(ended().puts(&failed).judged(check).1, 0, "by hand");
}

#[test]
fn a_step_has_one_result() {
    let failed = event("WorkflowFailed", "f", "s");
    let both = step(planned(&plan()), 4, wanted(), &[&failed]);
    assert_eq!(both.judged(check).1, 1, "a plan, and a failure");
    let again = step(planned(&plan()), 4, wanted(), &[&plan()]);
    assert_eq!(again.judged(check).1, 0, "the same again");
    let out_of_order = executed(
        &plan(),
        "10",
        &[&event("WorkflowCompleted", "c", "p"), &traded()],
    );
    assert_eq!(out_of_order.judged(check).1, 2);
}

#[test]
fn a_step_puts_what_is_its_own() {
    let completed = event("WorkflowCompleted", "c", "s");
    assert_eq!(
        step(planned(&plan()), 4, wanted(), &[&completed])
            .judged(check)
            .1,
        1,
        "the portfolio completes nothing"
    );
    let looked_at = json!({ "observe": wanted() });
    assert_eq!(
        step(planned(&plan()), 4, looked_at, &[&plan()])
            .judged(check)
            .1,
        1,
        "an observation puts nothing"
    );
    let of_another = event("WorkflowFailed", "f", "a");
    assert_eq!(
        step(planned(&plan()), 4, plan(), &[&of_another])
            .judged(check)
            .1,
        1
    );
}

#[test]
fn nothing_begins_behind_the_end() {
    let failed = event("WorkflowFailed", "f", "p");
    let ended = || step(planned(&plan()), 4, plan(), &[&failed]);
    let mut anew = plan();
    anew["detail"]["event_id"] = "p2".into();
    anew["detail"]["causation_id"] = "p".into();
    assert_eq!(ended().judged(check).1, 0);
    // The plan's own step was under way, and has one result all the same.
    assert_eq!(step(ended(), 5, plan(), &[&anew]).judged(check).1, 1);
    let late = step(ended(), 5, traded(), &[&asked(false)]);
    assert_eq!(
        late.judged(check).1,
        0,
        "the mail is asked for behind the end"
    );
    let started = at("WorkflowStarted", "a", "w", "13:35:00");
    let early = step(History::new(), 1, trade(), &[&started]);
    let early = step(
        early,
        2,
        watchdog(),
        &[&at("WorkflowFailed", "f", "w", "14:05:00")],
    );
    assert_eq!(step(early, 3, started, &[&wanted()]).judged(check).1, 1);
}

#[test]
fn the_watchdog_waits_until_a_workflow_is_overdue() {
    let ended = |time: &str| {
        let started = at("WorkflowStarted", "a", "w", "13:35:00");
        let history = step(History::new(), 1, trade(), &[&started]);
        let failed = at("WorkflowFailed", "f", "w", time);
        step(history, 2, watchdog(), &[&failed]).judged(check).1
    };
    assert_eq!(ended("14:05:00"), 0);
    assert_eq!(ended("14:04:50"), 0, "clocks are apart");
    assert_eq!(ended("14:04:49"), 1);
}

#[test]
fn the_mail_tells_the_end() {
    let failure = "Orders placed: 1\nOrders succeeded: 1\n  BUY 10 MSFT: filled\n";
    assert_eq!(whole(&asked(false), failure).judged(check).1, 1);
    let failed = event("WorkflowFailed", "f", "p");
    let of_failed = executed(&plan(), "10", &[&traded(), &failed]);
    let of_failed = step(of_failed, 5, traded(), &[&asked(true)]);
    assert_eq!(of_failed.judged(check).1, 1);
    let other_numbers = MAIL.replace("BUY 10", "BUY 9");
    assert_eq!(whole(&asked(true), &other_numbers).judged(check).1, 1);
}

#[test]
fn no_amount_is_lost_on_the_way() {
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut plan = plan();
        change(&mut plan["detail"]["rebalance_plan"]);
        planned(&plan).judged(check).1
    };
    assert_eq!(changed(&|_| {}), 0);
    assert_eq!(
        changed(&|plan| plan["total_trade_value"] = "500.02".into()),
        1
    );
    assert_eq!(
        changed(&|plan| plan["metadata"]["planned_cash"] = "499".into()),
        1
    );
    assert_eq!(
        changed(&|plan| plan["items"][0]["action"] = "SELL".into()),
        1
    );
    let other = json!({ "MSFT": "0.9" });
    assert_eq!(
        changed(&|plan| plan["metadata"]["target_allocations"] = other.clone()),
        1
    );
    let completed = event("WorkflowCompleted", "c", "p");
    assert_eq!(
        executed(&plan(), "9", &[&traded(), &completed])
            .judged(check)
            .1,
        1,
        "a fill"
    );
    let mut fewer = traded();
    fewer["detail"]["orders_placed"] = 2.into();
    assert_eq!(
        executed(&plan(), "10", &[&fewer, &completed])
            .judged(check)
            .1,
        1,
        "a sum"
    );
    let mut told = asked(true);
    told["detail"]["total_trade_value"] = "50.00".into();
    assert_eq!(whole(&told, MAIL).judged(check).1, 1, "the mail's sum");
}

#[test]
fn of_an_order_that_lives_on_a_result_says_what_was_seen() {
    let told = |shares: &str, dollars: &str| {
        let mut result = traded();
        let data = &mut result["detail"]["execution_data"];
        data["orders"][0]["shares"] = shares.into();
        data["orders"][0]["trade_amount"] = dollars.into();
        data["total_trade_value"] = dollars.into();
        let begun = planned(&plan()).starts(4, plan());
        let begun = begun.accepts("alch-1", "buy 10 MSFT @ 50");
        let seen = begun.fills("alch-1", "4", "50").puts(&result);
        seen.fills("alch-1", "6", "50").judged(check).1
    };
    assert_eq!(
        told("0", "0"),
        0,
        "it filled between the last look and the result"
    );
    assert_eq!(told("4", "200.00"), 0);
    assert_eq!(told("5", "250.00"), 1);
}

#[test]
fn who_knows_no_price_says_so_where_prices_are_late() {
    let told = |trouble: Option<TroubleKind>, success: bool| {
        let mut result = traded();
        let data = &mut result["detail"]["execution_data"];
        data["orders"][0]["price"] = "0".into();
        data["orders"][0]["success"] = success.into();
        data["orders_succeeded"] = u8::from(success).into();
        data["orders"][0]["trade_amount"] = "0.00".into();
        data["total_trade_value"] = "0.00".into();
        result["detail"]["orders_succeeded"] = u8::from(success).into();
        let begun = planned(&plan());
        let begun = match trouble {
            Some(trouble) => begun.trouble(None, trouble),
            None => begun,
        };
        let begun = begun.starts(4, plan());
        let begun = begun.accepts("alch-1", "buy 10 MSFT @ 50");
        let filled = begun.fills("alch-1", "10", "50").puts(&result);
        filled.judged(check).1
    };
    let late = Some(TroubleKind::ShortDelay);
    assert_eq!((told(late, false), told(late, true)), (0, 1));
    assert_eq!(told(None, false), 1);
}

#[test]
fn what_is_put_by_hand_may_be_anything() {
    let history = planned(&plan())
        .within(None)
        .puts(&event("WorkflowCompleted", "c", "x"))
        .puts(&event("RebalancePlanned", "p3", "y"));
    assert_eq!(history.judged(check).1, 0);
}

#[test]
fn a_sale_of_others_that_looks_like_closing_may_be_taken_for_it() {
    let told = |shares: &str, by_hand: &str| {
        let mut result = traded();
        let data = &mut result["detail"]["execution_data"];
        data["orders"][0]["action"] = "SELL".into();
        data["orders"][0]["shares"] = shares.into();
        data["orders"][0]["trade_amount"] = "25.00".into();
        data["total_trade_value"] = "25.00".into();
        let sold = planned(&plan())
            .within(None)
            .market(by_hand, "sell 0.5 MSFT");
        let sold = sold.fills(by_hand, "0.5", "50");
        step(sold, 4, plan(), &[&result]).judged(check).1
    };
    assert_eq!(told("0.5", "by-hand"), 0);
    assert_eq!(told("0.4", "by-hand"), 1);
}
