use serde_json::{Value, json};
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::knobs::Knobs;

use crate::{World, entry};

/// Code and text of the only entry's refusal.
fn refused(entry: &Value) -> (String, String) {
    let answer = World::new().ok("PutEvents", &json!({ "Entries": [entry] }));
    assert_eq!(answer["FailedEntryCount"], 1, "{answer}");
    let text = |name: &str| {
        answer["Entries"][0][name]
            .as_str()
            .expect("as AWS shapes it")
            .to_owned()
    };
    (text("ErrorCode"), text("ErrorMessage"))
}

#[test]
fn an_entry_needs_source_type_and_detail_in_that_order() {
    let mut partial = json!({});
    for name in ["Source", "DetailType", "Detail"] {
        let message =
            format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
        assert_eq!(
            refused(&partial),
            ("InvalidArgument".to_owned(), message.clone())
        );
        partial[name] = json!("");
        assert_eq!(
            refused(&partial),
            ("InvalidArgument".to_owned(), message),
            "empty is missing"
        );
        partial[name] = json!("something");
    }
}

#[test]
fn a_detail_is_a_json_object() {
    for detail in ["", "{", "[1]", "\"text\"", "12", "null", "{\"a\":1} {"] {
        let expected = if detail.is_empty() {
            "InvalidArgument"
        } else {
            "MalformedDetail"
        };
        assert_eq!(refused(&entry("Order", detail)).0, expected, "{detail}");
    }
    assert_eq!(refused(&entry("Order", "[]")).1, "Detail is malformed.");
}

#[test]
fn a_source_of_aws_is_not_for_users() {
    let mut reserved = entry("Order", "{}");
    reserved["Source"] = json!("aws.shop");
    assert_eq!(
        refused(&reserved),
        (
            "NotAuthorizedForSourceException".to_owned(),
            "Not authorized for the source.".to_owned()
        )
    );
}

#[test]
fn a_detail_type_has_128_characters_at_most() {
    assert_eq!(refused(&entry(&"x".repeat(129), "{}")).0, "InvalidArgument");
    let answer = World::new().ok(
        "PutEvents",
        &json!({ "Entries": [entry(&"x".repeat(128), "{}")] }),
    );
    assert_eq!(answer["FailedEntryCount"], 0);
}

#[test]
fn a_request_has_one_to_ten_entries() {
    let mut world = World::new();
    let (code, message) = world.refusal(
        "PutEvents",
        &json!({ "Entries": vec![entry("Order", "{}"); 11] }),
    );
    assert_eq!(code, "ValidationException");
    let shown = "PutEventsRequestEntry(time=null, source=shop.orders, resources=null, detailType=Order, detail={}, eventBusName=shop, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)";
    let list = [shown; 11].join(", ");
    let expected = format!(
        "1 validation error detected: Value '[{list}]' at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10"
    );
    assert_eq!(message, expected);
    assert!(
        world
            .refusal("PutEvents", &json!({ "Entries": [] }))
            .1
            .contains("greater than or equal to 1")
    );
}

#[test]
fn a_failed_entry_harms_no_other_and_results_keep_their_order() {
    let mut world = World::new();
    let entries = ["[]", "{\"n\":1}", "[]", "{\"n\":3}"].map(|detail| entry("Order", detail));
    let answer = world.ok("PutEvents", &json!({ "Entries": entries }));
    assert_eq!(answer["FailedEntryCount"], 2);
    let kinds: Vec<bool> = answer["Entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result.get("EventId").is_some())
        .collect();
    assert_eq!(kinds, [false, true, false, true]);
    world.wait(1);
    let mut numbers: Vec<Value> = world
        .bodies("out")
        .into_iter()
        .map(|event| event["detail"]["n"].clone())
        .collect();
    numbers.sort_by_key(Value::as_i64);
    assert_eq!(numbers, [json!(1), json!(3)]);
}

#[test]
fn the_size_limit_is_that_of_its_era_and_counts_what_aws_counts() {
    let knobs = |limit| Knobs {
        put_events_limit_bytes: limit,
        ..Knobs::default()
    };
    for limit in [262_144, 1_048_576] {
        // Source and type have 16 bytes, the time counts 14, two resources three each; the bus is
        // not counted.
        let mut fitting = entry(
            "Order",
            &format!(
                "{{\"a\":\"{}\"}}",
                "é".repeat((limit - 16 - 14 - 6 - 8) / 2)
            ),
        );
        fitting["Time"] = json!(1_700_000_000);
        fitting["Resources"] = json!(["a:b", "c:d"]);
        assert_eq!(
            World::with(|_| {}, knobs(limit)).ok("PutEvents", &json!({ "Entries": [fitting] }))["FailedEntryCount"],
            0
        );
        fitting["Resources"] = json!(["a:b", "c:d", "e"]);
        let (code, message) = World::with(|_| {}, knobs(limit))
            .refusal("PutEvents", &json!({ "Entries": [fitting] }));
        assert_eq!(
            (code.as_str(), message.as_str()),
            (
                "ValidationException",
                "Total size of the entries in the request is over the limit."
            )
        );
    }
}

#[test]
fn an_unknown_bus_is_answered_with_success_and_the_event_is_gone() {
    let mut world = World::new();
    let mut lost = entry("Order", "{}");
    lost["EventBusName"] = json!("nowhere");
    let answer = world.ok("PutEvents", &json!({ "Entries": [lost] }));
    assert_eq!(answer["FailedEntryCount"], 0);
    assert!(answer["Entries"][0]["EventId"].is_string());
    world.wait(60);
    assert!(
        world.records.iter().any(
            |record| matches!(record, CloudEvent::EventVanished { bus, .. } if bus == "nowhere")
        )
    );
    assert!(world.take("out").is_empty());
    let described = world.refusal("DescribeEventBus", &json!({ "Name": "nowhere" }));
    assert_eq!(
        described,
        (
            "ResourceNotFoundException".to_owned(),
            "Event bus nowhere does not exist.".to_owned()
        )
    );
}

#[test]
fn the_envelope_is_compact_in_the_order_of_aws_and_its_time_has_seconds() {
    let mut world = World::new();
    let mut sent = entry("Order", "{ \"z\": 1.0,\n \"a\": [1e2, \"two  words\"] }");
    sent["Time"] = json!(1_700_000_000.987);
    sent["Resources"] = json!(["one", "two"]);
    let answer = world.ok("PutEvents", &json!({ "Entries": [sent] }));
    let id = answer["Entries"][0]["EventId"].as_str().unwrap().to_owned();
    world.wait(1);
    let expected = format!(
        "{{\"version\":\"0\",\"id\":\"{id}\",\"detail-type\":\"Order\",\"source\":\"shop.orders\",\"account\":\"123456789012\",\"time\":\"2023-11-14T22:13:20Z\",\"region\":\"us-east-1\",\"resources\":[\"one\",\"two\"],\"detail\":{{\"z\":1.0,\"a\":[1e2,\"two  words\"]}}}}"
    );
    assert_eq!(&*world.take("out")[0].body, expected);
}

#[test]
fn without_a_time_an_event_has_that_of_its_receipt() {
    let mut world = World::new();
    world.wait(90);
    world.put("Order", &json!({}));
    world.wait(1);
    assert_eq!(world.bodies("out")[0]["time"], "2026-03-02T09:01:30Z");
}

#[test]
fn a_failing_target_does_not_show_in_the_answer() {
    let mut world = World::with(
        |stack| stack.queues.retain(|queue| queue.name != "out"),
        Knobs::default(),
    );
    let answer = world.ok("PutEvents", &json!({ "Entries": [entry("Order", "{}")] }));
    assert_eq!(answer["FailedEntryCount"], 0);
    world.wait(1);
    assert_eq!(world.outcomes(), ["NO_RESOURCE"]);
}
