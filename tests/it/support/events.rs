//! Events of every type: any that our own code could emit.

use std::collections::BTreeMap;

use alchemiser::decimal::{Money, Weight};
use alchemiser::event::{
    Action, AllocationComparison, Body, ConsolidatedPortfolio, ErrorNotificationRequested, Event,
    Header, OrderResult, OrderType, RebalancePlan, RebalancePlanItem, RebalancePlanned,
    SignalGenerated, SystemNotificationRequested, TradeExecuted, TradingNotificationRequested,
    Urgency, WorkflowCompleted, WorkflowFailed, WorkflowStarted,
};
use alchemiser::id::{CorrelationId, EventId};
use alchemiser::timestamp::Timestamp;
use chrono::DateTime;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use rust_decimal::Decimal;

use super::json::any_object;

/// Text without blanks around it.
fn text() -> impl Strategy<Value = String> + Clone {
    "[!-~é€][ -~é€\n]{0,12}[!-~é€]"
}

/// An id, which is in one line.
fn id() -> impl Strategy<Value = String> + Clone {
    "[!-~é€][ -~é€]{0,12}[!-~é€]"
}

/// The id of an event, which fits into the head of a mail.
fn event_id() -> impl Strategy<Value = String> + Clone {
    "[!#-&(-\\[\\]-_a-~]{1,14}"
}

fn symbol() -> impl Strategy<Value = String> + Clone {
    "[A-Z][A-Z.]{0,9}"
}

/// An instant between 1970 and 2100; every other one has microseconds.
pub fn instant() -> impl Strategy<Value = Timestamp> + Clone {
    let micros = prop_oneof![Just(0), 1..1_000_000_u32];
    (0..4_102_444_800_i64, micros).prop_map(|(seconds, micros)| {
        Timestamp::new(
            DateTime::from_timestamp(seconds, micros * 1_000).expect("within the calendar"),
        )
    })
}

/// A decimal as a broker or a planner computes it.
pub fn decimal() -> impl Strategy<Value = Decimal> + Clone {
    (-1_000_000_000_000..1_000_000_000_000_i64, 0..10_u32)
        .prop_map(|(number, scale)| Decimal::new(number, scale))
}

fn money() -> impl Strategy<Value = Money> + Clone {
    decimal().prop_map(Money::new)
}

fn amount() -> impl Strategy<Value = Money> + Clone {
    decimal().prop_map(|decimal| Money::new(decimal.abs()))
}

fn fraction() -> impl Strategy<Value = Weight> + Clone {
    (0..=10_000_i64).prop_map(|parts| Weight::new(Decimal::new(parts, 4)))
}

/// Weights of a few symbols that sum to exactly one.
fn weights() -> impl Strategy<Value = BTreeMap<String, Decimal>> {
    (btree_set(symbol(), 1..6), btree_set(1..10_000_i64, 5)).prop_map(|(symbols, cuts)| {
        let cuts: Vec<i64> = cuts.into_iter().take(symbols.len() - 1).collect();
        let starts = std::iter::once(0).chain(cuts.clone());
        let ends = cuts.iter().copied().chain(std::iter::once(10_000));
        let parts = starts
            .zip(ends)
            .map(|(start, end)| Decimal::new(end - start, 4));
        symbols.into_iter().zip(parts).collect()
    })
}

fn header() -> impl Strategy<Value = Header> {
    (
        id(),
        id(),
        event_id(),
        text(),
        instant(),
        text(),
        option::of(text()),
        any_object(),
    )
        .prop_map(
            |(
                correlation_id,
                causation_id,
                event_id,
                event_type,
                timestamp,
                source_module,
                source_component,
                metadata,
            )| Header {
                correlation_id: CorrelationId::new(correlation_id),
                causation_id,
                event_id: EventId::new(event_id),
                event_type,
                timestamp,
                source_module,
                source_component,
                metadata: Some(metadata),
            },
        )
}

fn workflow_body() -> impl Strategy<Value = Body> {
    let started =
        (text(), text(), any_object()).prop_map(|(workflow_type, requested_by, configuration)| {
            WorkflowStarted {
                workflow_type,
                requested_by,
                configuration,
            }
            .into()
        });
    let completed = (text(), any::<i64>(), any::<bool>(), any_object()).prop_map(
        |(workflow_type, workflow_duration_ms, success, summary)| {
            WorkflowCompleted {
                workflow_type,
                workflow_duration_ms,
                success,
                summary,
            }
            .into()
        },
    );
    let step = select(&[
        "signal_generation",
        "portfolio_analysis",
        "trade_execution",
        "watchdog",
        "other",
    ]);
    let failed = (text(), text(), step, any_object()).prop_map(
        |(workflow_type, failure_reason, step, error_details)| {
            WorkflowFailed {
                workflow_type,
                failure_reason,
                failure_step: step.to_owned(),
                error_details,
            }
            .into()
        },
    );
    prop_oneof![started, completed, failed]
}

fn signal_body() -> impl Strategy<Value = Body> {
    let portfolio = (
        weights(),
        id(),
        instant(),
        1..100_i64,
        vec(text(), 0..3),
        text(),
        option::of(any_object()),
    )
        .prop_map(
            |(
                target_allocations,
                correlation_id,
                timestamp,
                strategy_count,
                source_strategies,
                schema_version,
                constraints,
            )| {
                ConsolidatedPortfolio {
                    target_allocations,
                    correlation_id,
                    timestamp,
                    strategy_count,
                    source_strategies,
                    schema_version,
                    constraints,
                }
            },
        );
    (any_object(), portfolio, any::<i64>()).prop_map(
        |(signals_data, consolidated_portfolio, signal_count)| {
            SignalGenerated {
                signals_data,
                consolidated_portfolio,
                signal_count,
            }
            .into()
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    select(&[Action::Sell, Action::Buy, Action::Hold])
}

fn item() -> impl Strategy<Value = RebalancePlanItem> {
    (
        symbol(),
        fraction(),
        fraction(),
        amount(),
        amount(),
        money(),
        action(),
        1..=5_i64,
    )
        .prop_map(
            |(
                symbol,
                current_weight,
                target_weight,
                target_value,
                current_value,
                trade_amount,
                action,
                priority,
            )| RebalancePlanItem {
                symbol,
                current_weight,
                target_weight,
                weight_diff: Weight::new(target_weight.get() - current_weight.get()),
                target_value,
                current_value,
                trade_amount,
                action,
                priority,
            },
        )
}

fn plan() -> impl Strategy<Value = RebalancePlan> {
    let urgency = select(&[
        Urgency::Low,
        Urgency::Normal,
        Urgency::High,
        Urgency::Urgent,
    ]);
    let names = (text(), id(), id(), id(), instant());
    let values = (
        amount(),
        money(),
        fraction(),
        urgency,
        option::of(1..600_i64),
        option::of(any_object()),
    );
    (names, vec(item(), 1..5), values).prop_map(
        |((schema_version, correlation_id, causation_id, plan_id, timestamp), items, values)| {
            let (
                total_portfolio_value,
                total_trade_value,
                max_drift_tolerance,
                execution_urgency,
                estimated_duration_minutes,
                metadata,
            ) = values;
            RebalancePlan {
                schema_version,
                correlation_id,
                causation_id,
                timestamp,
                plan_id,
                items,
                total_portfolio_value,
                total_trade_value,
                max_drift_tolerance,
                execution_urgency,
                estimated_duration_minutes,
                metadata,
            }
        },
    )
}

fn plan_body() -> impl Strategy<Value = Body> {
    let by_symbol = || btree_map(symbol(), decimal(), 0..4);
    let comparison = (by_symbol(), by_symbol(), by_symbol()).prop_map(
        |(target_values, current_values, deltas)| AllocationComparison {
            target_values,
            current_values,
            deltas,
        },
    );
    (plan(), comparison, any::<bool>(), option::of(any::<i64>())).prop_map(
        |(rebalance_plan, allocation_comparison, trades_required, total_trade_value_cents)| {
            RebalancePlanned {
                rebalance_plan,
                allocation_comparison,
                trades_required,
                total_trade_value_cents,
            }
            .into()
        },
    )
}

/// What became of an order.
pub fn order_result() -> impl Strategy<Value = OrderResult> {
    let names = (
        symbol(),
        action(),
        option::of(text()),
        option::of(text()),
        text(),
        text(),
        option::of(text()),
    );
    let kind = select(&[OrderType::Market, OrderType::Limit]);
    (
        names,
        amount(),
        decimal(),
        any::<bool>(),
        instant(),
        kind,
        option::of(instant()),
    )
        .prop_map(
            |(names, trade_amount, shares, success, timestamp, order_type, filled_at)| {
                let (symbol, action, price, order_id, client_order_id, status, error_message) =
                    names;
                OrderResult {
                    symbol,
                    action,
                    trade_amount,
                    shares,
                    price,
                    order_id,
                    client_order_id,
                    success,
                    status,
                    error_message,
                    timestamp,
                    order_type,
                    filled_at,
                }
            },
        )
}

fn trade_body() -> impl Strategy<Value = Body> {
    (
        any_object(),
        any::<bool>(),
        any::<i64>(),
        any::<i64>(),
        option::of(text()),
        vec(symbol(), 0..3),
    )
        .prop_map(
            |(
                execution_data,
                success,
                orders_placed,
                orders_succeeded,
                failure_reason,
                failed_symbols,
            )| {
                TradeExecuted {
                    execution_data,
                    success,
                    orders_placed,
                    orders_succeeded,
                    failure_reason,
                    failed_symbols,
                }
                .into()
            },
        )
}

fn notification_body() -> impl Strategy<Value = Body> {
    let others = || (option::of(text()), option::of(text()), option::of(text()));
    let trading = (
        any::<bool>(),
        text(),
        any::<i64>(),
        any::<i64>(),
        money(),
        any_object(),
        others(),
    )
        .prop_map(
            |(
                trading_success,
                trading_mode,
                orders_placed,
                orders_succeeded,
                total_trade_value,
                execution_data,
                others,
            )| {
                let (error_message, error_code, recipient_override) = others;
                TradingNotificationRequested {
                    trading_success,
                    trading_mode,
                    orders_placed,
                    orders_succeeded,
                    total_trade_value,
                    execution_data,
                    error_message,
                    error_code,
                    recipient_override,
                }
                .into()
            },
        );
    let error = (text(), text(), text(), text(), others()).prop_map(
        |(error_severity, error_priority, error_title, error_report, others)| {
            let (error_code, recipient_override, _) = others;
            ErrorNotificationRequested {
                error_severity,
                error_priority,
                error_title,
                error_report,
                error_code,
                recipient_override,
            }
            .into()
        },
    );
    let system = (text(), text(), text(), others()).prop_map(
        |(notification_type, subject, html_content, others)| {
            let (text_content, recipient_override, _) = others;
            SystemNotificationRequested {
                notification_type,
                subject,
                html_content,
                text_content,
                recipient_override,
            }
            .into()
        },
    );
    prop_oneof![trading, error, system]
}

/// An event of any type.
pub fn event() -> impl Strategy<Value = Event> {
    let body = prop_oneof![3 => workflow_body(), 1 => signal_body(), 1 => plan_body(), 1 => trade_body(), 3 => notification_body()];
    (header(), text(), body).prop_map(|(header, schema_version, body)| Event {
        header,
        schema_version,
        body,
    })
}
