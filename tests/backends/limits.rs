//! What LocalStack cannot do, each tried: a LocalStack that was mended turns these red, and the
//! capability comes off the list in `BackendKind::missing`.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use alchemiser::aws::AwsSetup;
use aws_sdk_eventbridge::primitives::{DateTime, DateTimeFormat as Format};
use aws_sdk_eventbridge::types::builders::TargetBuilder;
use aws_sdk_eventbridge::types::{
    DeadLetterConfig, InputTransformer, PutEventsRequestEntry, ReplayDestination, RetryPolicy,
    RuleState, Target,
};
use aws_sdk_scheduler as scheduler;
use aws_smithy_async::time::{SystemTimeSource, TimeSource};
use libtest_mimic::{Failed, Trial};

use crate::endpoint::{Endpoints, block_on, clients};

const ACCOUNT: &str = "arn:aws:sqs:us-east-1:000000000000";

/// A trial for each limit.
pub fn trials(endpoints: &Arc<Endpoints>) -> Vec<Trial> {
    vec![
        limit(
            "a_target_that_is_not_there_leaves_no_dead_letter",
            endpoints,
            dead_letters,
        ),
        limit("a_replay_does_not_start", endpoints, replay),
        limit("a_schedule_does_not_fire", endpoints, schedules),
        limit("a_disabled_rule_matches", endpoints, disabled_rules),
        limit(
            "a_transformer_loses_events_with_quotes",
            endpoints,
            quoted_text,
        ),
    ]
}

fn limit<F>(name: &str, endpoints: &Arc<Endpoints>, tried: fn(AwsSetup) -> F) -> Trial
where
    F: Future<Output = Result<(), Failed>> + 'static,
{
    let endpoints = Arc::clone(endpoints);
    let test = move || block_on(tried(clients(&endpoints.take().url)));
    Trial::test(name, test).with_kind("limit")
}

/// An event whose target does not exist belongs in the target's dead-letter queue at once
/// (`delivery` of semantics.md).
async fn dead_letters(aws: AwsSetup) -> Result<(), Failed> {
    let (events, sqs) = (aws.eventbridge(), aws.sqs());
    let queue = sqs
        .create_queue()
        .queue_name("limit-dead-letters")
        .send()
        .await?
        .queue_url
        .unwrap_or_default();
    let _exists = events.create_event_bus().name("limits").send().await;
    events
        .put_rule()
        .event_bus_name("limits")
        .name("to-nobody")
        .event_pattern(r#"{"source":["limit"]}"#)
        .send()
        .await?;
    let target = Target::builder()
        .id("nobody")
        .arn(format!("{ACCOUNT}:not-there"))
        .dead_letter_config(
            DeadLetterConfig::builder()
                .arn(format!("{ACCOUNT}:limit-dead-letters"))
                .build(),
        )
        .retry_policy(
            RetryPolicy::builder()
                .maximum_retry_attempts(0)
                .maximum_event_age_in_seconds(60)
                .build(),
        );
    events
        .put_targets()
        .event_bus_name("limits")
        .rule("to-nobody")
        .targets(target.build()?)
        .send()
        .await?;
    let entry = PutEventsRequestEntry::builder()
        .event_bus_name("limits")
        .source("limit")
        .detail_type("Limit")
        .detail("{}")
        .build();
    let put = events.put_events().entries(entry).send().await?;
    assert_eq!(put.failed_entry_count, 0, "the event is accepted");
    let received = sqs
        .receive_message()
        .queue_url(queue)
        .wait_time_seconds(3)
        .send()
        .await?;
    if received.messages.unwrap_or_default().is_empty() {
        Ok(())
    } else {
        Err("LocalStack buries dead letters now".into())
    }
}

/// A queue behind a rule of the bus `limits`; gives its URL.
async fn queue_behind(
    aws: &AwsSetup,
    name: &str,
    state: RuleState,
    target: TargetBuilder,
) -> Result<String, Failed> {
    let (events, sqs) = (aws.eventbridge(), aws.sqs());
    let queue = sqs
        .create_queue()
        .queue_name(name)
        .send()
        .await?
        .queue_url
        .unwrap_or_default();
    let _exists = events.create_event_bus().name("limits").send().await;
    let pattern = format!(r#"{{"source":["{name}"]}}"#);
    events
        .put_rule()
        .event_bus_name("limits")
        .name(name)
        .event_pattern(pattern)
        .state(state)
        .send()
        .await?;
    let target = target
        .id("queue")
        .arn(format!("{ACCOUNT}:{name}"))
        .build()?;
    events
        .put_targets()
        .event_bus_name("limits")
        .rule(name)
        .targets(target)
        .send()
        .await?;
    Ok(queue)
}

/// How many events with this detail arrive; they are taken from the queue.
async fn arriving(
    aws: &AwsSetup,
    source: &str,
    queue: &str,
    detail: &str,
) -> Result<usize, Failed> {
    let entry = PutEventsRequestEntry::builder()
        .event_bus_name("limits")
        .source(source)
        .detail_type("Limit")
        .detail(detail)
        .build();
    aws.eventbridge().put_events().entries(entry).send().await?;
    let sqs = aws.sqs();
    let received = sqs
        .receive_message()
        .queue_url(queue)
        .wait_time_seconds(3)
        .send()
        .await?
        .messages
        .unwrap_or_default();
    for message in &received {
        sqs.delete_message()
            .queue_url(queue)
            .set_receipt_handle(message.receipt_handle.clone())
            .send()
            .await?;
    }
    Ok(received.len())
}

/// A rule that is disabled sees nothing (`rule` of semantics.md).
async fn disabled_rules(aws: AwsSetup) -> Result<(), Failed> {
    let queue = queue_behind(
        &aws,
        "limit-disabled",
        RuleState::Disabled,
        Target::builder(),
    )
    .await?;
    match arriving(&aws, "limit-disabled", &queue, "{}").await? {
        0 => Err("LocalStack heeds disabled rules now".into()),
        _ => Ok(()),
    }
}

/// `<aws.events.event.json>` is the event's JSON, whatever its texts hold.
async fn quoted_text(aws: AwsSetup) -> Result<(), Failed> {
    let transformer = InputTransformer::builder()
        .input_template(r#"{"observe": <aws.events.event.json>}"#)
        .build()?;
    let queue = queue_behind(
        &aws,
        "limit-quotes",
        RuleState::Enabled,
        Target::builder().input_transformer(transformer),
    )
    .await?;
    assert_eq!(
        arriving(&aws, "limit-quotes", &queue, r#"{"text":"plain"}"#).await?,
        1,
        "a text without quotes arrives"
    );
    match arriving(
        &aws,
        "limit-quotes",
        &queue,
        r#"{"text":"a \"quoted\" word"}"#,
    )
    .await?
    {
        0 => Ok(()),
        _ => Err("LocalStack keeps quotes in transformed texts now".into()),
    }
}

/// StartReplay answers 500 as soon as its archive holds an event (an empty one it "replays").
async fn replay(aws: AwsSetup) -> Result<(), Failed> {
    let events = aws.eventbridge();
    let _exists = events.create_event_bus().name("limits").send().await;
    let bus = events
        .describe_event_bus()
        .name("limits")
        .send()
        .await?
        .arn
        .unwrap_or_default();
    let _exists = events
        .create_archive()
        .archive_name("limits")
        .event_source_arn(&bus)
        .send()
        .await;
    let entry = PutEventsRequestEntry::builder()
        .event_bus_name("limits")
        .source("limit")
        .detail_type("Limit")
        .detail("{}")
        .build();
    events.put_events().entries(entry).send().await?;
    let mut archived = events
        .describe_archive()
        .archive_name("limits")
        .send()
        .await?;
    while archived.event_count == 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        archived = events
            .describe_archive()
            .archive_name("limits")
            .send()
            .await?;
    }
    let archive = archived.archive_arn.unwrap_or_default();
    let now = SystemTimeSource::new().now();
    let name = format!(
        "limit-{}",
        now.duration_since(std::time::UNIX_EPOCH)?.as_millis()
    );
    let started = events
        .start_replay()
        .replay_name(name)
        .event_source_arn(archive)
        .event_start_time(DateTime::from(now - Duration::from_secs(60)))
        .event_end_time(DateTime::from(now + Duration::from_secs(1)))
        .destination(ReplayDestination::builder().arn(bus).build()?)
        .send()
        .await;
    match started {
        Err(error)
            if error
                .raw_response()
                .is_some_and(|response| response.status().as_u16() >= 500) =>
        {
            Ok(())
        }
        Err(error) => Err(Failed::from(format!(
            "StartReplay failed in another way: {error:?}"
        ))),
        Ok(_) => Err("LocalStack starts replays now".into()),
    }
}

/// A schedule for an instant that is seconds away belongs in its target then (`schedule` of
/// semantics.md); so
/// schedules fire on our side.
async fn schedules(aws: AwsSetup) -> Result<(), Failed> {
    let queue = aws
        .sqs()
        .create_queue()
        .queue_name("limit-schedules")
        .send()
        .await?
        .queue_url
        .unwrap_or_default();
    let soon = SystemTimeSource::new()
        .now()
        .duration_since(std::time::UNIX_EPOCH)?
        + Duration::from_secs(2);
    let at = DateTime::from_secs(i64::try_from(soon.as_secs())?).fmt(Format::DateTime)?;
    let name = format!("limit-{}", soon.as_millis());
    let target = scheduler::types::Target::builder()
        .arn(format!("{ACCOUNT}:limit-schedules"))
        .role_arn("arn:aws:iam::000000000000:role/any");
    let window = scheduler::types::FlexibleTimeWindow::builder()
        .mode(scheduler::types::FlexibleTimeWindowMode::Off)
        .build()?;
    let schedule = scheduler_client(&aws)
        .create_schedule()
        .name(name)
        .schedule_expression(format!("at({})", at.trim_end_matches('Z')));
    schedule
        .target(target.build()?)
        .flexible_time_window(window)
        .send()
        .await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let received = aws
        .sqs()
        .receive_message()
        .queue_url(queue)
        .wait_time_seconds(3)
        .send()
        .await?;
    if received.messages.unwrap_or_default().is_empty() {
        Ok(())
    } else {
        Err("LocalStack fires schedules now".into())
    }
}

fn scheduler_client(aws: &AwsSetup) -> scheduler::Client {
    let credentials = scheduler::config::Credentials::new("test", "test", None, None, "limits");
    let mut config = scheduler::Config::builder()
        .behavior_version(scheduler::config::BehaviorVersion::latest())
        .http_client(aws.http.clone())
        .credentials_provider(credentials)
        .region(scheduler::config::Region::new(aws.region.clone()));
    config.set_endpoint_url(aws.endpoint.clone());
    scheduler::Client::from_conf(config.build())
}
