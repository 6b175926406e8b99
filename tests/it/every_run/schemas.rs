//! Every event that the function puts on a bus is what the registry's schemas say.

use std::collections::{BTreeMap, BTreeSet};

use alchemiser::schema::{EventSchema, event_schemas};
use harness::journal::Entry;
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};
use simulated_cloud::cloud_event::CloudEvent;

use super::runs;

/// Described because the types exist and their events would be read; no step sends them.
const NEVER_SENT: [&str; 1] = ["alchemiser.orchestration@SystemNotificationRequested"];

#[test]
fn every_event_sent_is_what_its_schema_says() {
    let validators = validators();
    let mut sent = BTreeSet::new();
    for run in runs() {
        for (name, envelope) in run
            .journal
            .records()
            .filter_map(|(entry, record)| emitted(entry, record))
        {
            let validator = validators
                .get(&name)
                .unwrap_or_else(|| panic!("{}: there is no schema {name}", run.scenario));
            let mistakes: Vec<String> = validator
                .iter_errors(&envelope)
                .map(|error| error.to_string())
                .collect();
            assert!(
                mistakes.is_empty(),
                "{}: {name}: {mistakes:?}\n{envelope}",
                run.scenario
            );
            sent.insert(name);
        }
    }
    let unsent: Vec<&str> = validators
        .keys()
        .map(String::as_str)
        .filter(|name| !sent.contains(*name))
        .collect();
    assert_eq!(
        unsent, NEVER_SENT,
        "schemas of events that no scenario sends"
    );
}

#[test]
fn an_event_that_differs_from_its_schema_is_found() {
    let name = "alchemiser.portfolio@RebalancePlanned";
    let validators = validators();
    let mut events = runs()
        .iter()
        .flat_map(|run| run.journal.records())
        .filter_map(|(entry, record)| emitted(entry, record));
    let (_, sound) = events
        .find(|(found, _)| found == name)
        .expect("some scenario plans");
    assert!(validators[name].is_valid(&sound));
    let mutations: [(&str, Value); 9] = [
        ("/source", json!("alchemiser.strategy")),
        ("/detail/event_id", json!("")),
        ("/detail/timestamp", json!("2012-03-14T13:35:00+00:00")),
        ("/detail/total_trade_value_cents", json!("990000")),
        ("/detail/rebalance_plan/total_trade_value", json!(9900.0)),
        ("/detail/rebalance_plan/execution_urgency", json!("normal")),
        ("/detail/rebalance_plan/items", json!([])),
        ("/detail/rebalance_plan/items/0/target_weight", json!("0.6")),
        ("/detail/rebalance_plan/items/0/priority", json!(0)),
    ];
    for (place, value) in mutations {
        let mut mutant = sound.clone();
        *mutant
            .pointer_mut(place)
            .unwrap_or_else(|| panic!("there is no {place} in {sound}")) = value;
        assert!(
            !validators[name].is_valid(&mutant),
            "{place} was changed and nobody sees it"
        );
    }
    for field in [
        "correlation_id",
        "source_component",
        "metadata",
        "schema_version",
        "rebalance_plan",
        "trades_required",
    ] {
        let mut mutant = sound.clone();
        mutant["detail"]
            .as_object_mut()
            .expect("an object")
            .remove(field)
            .unwrap_or_else(|| panic!("there is no {field}"));
        assert!(
            !validators[name].is_valid(&mutant),
            "{field} is missing and nobody sees it"
        );
    }
}

/// What the function put on a bus itself, as an envelope, with the name of its schema.
fn emitted(entry: &Entry, record: &CloudEvent) -> Option<(String, Value)> {
    let CloudEvent::EventPut {
        id,
        source,
        detail_type,
        detail,
        replay: None,
        ..
    } = record
    else {
        return None;
    };
    entry.invocation?;
    let envelope = json!({
        "version": "0", "id": id, "source": source, "detail-type": detail_type, "account": "123456789012", "region": "us-east-1",
        "time": entry.at.format("%Y-%m-%dT%H:%M:%SZ").to_string(), "resources": [], "detail": detail,
    });
    Some((format!("{source}@{detail_type}"), envelope))
}

fn validators() -> BTreeMap<String, Validator> {
    event_schemas("alchemiser")
        .iter()
        .map(|schema| (schema.name(), validator(schema)))
        .collect()
}

fn validator(schema: &EventSchema) -> Validator {
    let mut schema = schema.content.clone();
    assert!(
        schema.pointer("/components/schemas/AWSEvent").is_some(),
        "{schema}"
    );
    allow_null(&mut schema);
    schema["$ref"] = json!("#/components/schemas/AWSEvent");
    // The dialect that OpenAPI 3.0 is nearest to.
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(true)
        .build(&schema)
        .expect("a sound schema")
}

/// OpenAPI 3.0 says `nullable` where JSON Schema has a type `null`.
fn allow_null(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(allow_null);
            if map.remove("nullable") == Some(Value::Bool(true)) {
                let inner = Value::Object(std::mem::take(map));
                *schema = json!({ "anyOf": [inner, {"type": "null"}] });
            }
        }
        Value::Array(list) => list.iter_mut().for_each(allow_null),
        _ => {}
    }
}
