use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use simulated_cloud::api::ApiRequest;
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::stack::{Effect, Stack};

use crate::{World, bus};

/// What the function's code is answered.
fn from_function(world: &mut World, target: &str, input: &Value) -> (u16, Value) {
    let request = Request::builder()
        .header("x-amz-target", target)
        .body(Bytes::from(input.to_string()))
        .expect("a request");
    let response = {
        let request = ApiRequest::read(&request);
        let required = world.cloud.required_permissions(&request);
        let now = world.now;
        world
            .cloud
            .answer_function(now, "worker", &request, &required)
    };
    (
        response.status().as_u16(),
        serde_json::from_slice(response.body()).expect("JSON"),
    )
}

/// Lets the function's role do just this.
fn may_only(action: &str, resource: &str) -> impl FnOnce(&mut Stack) {
    let (action, resource) = (action.to_owned(), resource.to_owned());
    move |stack: &mut Stack| {
        let statement = &mut stack.roles[0].policies[0].document.statements[0];
        (statement.actions, statement.resources) = (vec![action], vec![resource]);
    }
}

const ITEMS: &str = "arn:aws:dynamodb:us-east-1:123456789012:table/items";

#[test]
fn a_call_of_a_function_takes_a_statement_of_its_role() {
    let put = json!({ "TableName": "items", "Item": { "id": { "S": "a" } } });
    let mut world = World::with(may_only("dynamodb:PutItem", ITEMS), crate::Knobs::default());
    assert_eq!(
        from_function(&mut world, "DynamoDB_20120810.PutItem", &put).0,
        200
    );
    let get = json!({ "TableName": "items", "Key": { "id": { "S": "a" } } });
    let (status, body) = from_function(&mut world, "DynamoDB_20120810.GetItem", &get);
    assert_eq!(
        (status, body["__type"].as_str()),
        (400, Some("com.amazon.coral.service#AccessDeniedException"))
    );
    let told = "User: arn:aws:sts::123456789012:assumed-role/all/worker is not authorized to perform: dynamodb:GetItem on resource: \
                arn:aws:dynamodb:us-east-1:123456789012:table/items because no identity-based policy allows the dynamodb:GetItem action";
    assert_eq!(body["message"], told);
    assert_eq!(
        world.table("GetItem", &get).0,
        200,
        "nobody's role is asked where no function calls"
    );
}

#[test]
fn a_denied_call_does_nothing() {
    let mut world = World::with(
        may_only("events:PutEvents", &bus("other")),
        crate::Knobs::default(),
    );
    let entry =
        json!({ "EventBusName": "main", "Source": "a", "DetailType": "Order", "Detail": "{}" });
    let (status, body) = from_function(
        &mut world,
        "AWSEvents.PutEvents",
        &json!({ "Entries": [entry] }),
    );
    assert_eq!(
        (status, body["__type"].as_str()),
        (400, Some("AccessDeniedException"))
    );
    world.wait(3_600);
    // The topology is told at the beginning; nothing happens after it.
    let happened: Vec<&CloudEvent> = world
        .records
        .iter()
        .filter(|record| !matches!(record, CloudEvent::RuleChanged { .. }))
        .collect();
    assert!(happened.is_empty(), "{happened:?}");
}

#[test]
fn an_index_is_a_resource_of_its_own() {
    let query = |index: Option<&str>| {
        let mut input = json!({
            "TableName": "items", "KeyConditionExpression": "id = :id", "ExpressionAttributeValues": { ":id": { "S": "a" } },
        });
        if let Some(index) = index {
            input["IndexName"] = index.into();
        }
        input
    };
    let mut world = World::with(
        may_only("dynamodb:Query", &format!("{ITEMS}/index/by-name")),
        crate::Knobs::default(),
    );
    assert_eq!(
        from_function(&mut world, "DynamoDB_20120810.Query", &query(None)).0,
        400
    );
    let (_, body) = from_function(
        &mut world,
        "DynamoDB_20120810.Query",
        &query(Some("by-name")),
    );
    assert!(
        !body.to_string().contains("not authorized"),
        "the table has no such index, which is another matter: {body}"
    );
}

#[test]
fn a_denial_beats_a_permission() {
    let deny = |stack: &mut Stack| {
        may_only("dynamodb:*", "*")(stack);
        let statements = &mut stack.roles[0].policies[0].document.statements;
        let mut denial = statements[0].clone();
        denial.effect = Effect::Deny;
        statements.push(denial);
    };
    let mut world = World::with(deny, crate::Knobs::default());
    let put = json!({ "TableName": "items", "Item": { "id": { "S": "a" } } });
    assert_eq!(
        from_function(&mut world, "DynamoDB_20120810.PutItem", &put).0,
        400
    );
}

#[test]
fn reading_a_stream_takes_permissions_on_the_stream() {
    let stream = format!("{ITEMS}/stream/2024-01-01T00:00:00.000");
    let described = json!({ "StreamArn": stream });
    let iterator = format!("{stream}|1|MSAx");
    let read = json!({ "ShardIterator": iterator });
    let listed = json!({ "TableName": "items" });
    let all = ITEMS.replace("items", "*");
    for (operation, input, resource) in [
        ("DescribeStream", &described, stream.clone()),
        ("GetShardIterator", &described, stream.clone()),
        ("GetRecords", &read, stream.clone()),
        ("ListStreams", &listed, format!("{ITEMS}/stream/*")),
        ("ListStreams", &json!({}), format!("{all}/stream/*")),
    ] {
        let action = format!("dynamodb:{operation}");
        let target = format!("DynamoDBStreams_20120810.{operation}");
        let other = format!("{resource}x");
        for (allowed, refused) in [(resource, false), (other, true)] {
            let mut world = World::with(may_only(&action, &allowed), crate::Knobs::default());
            let (_, body) = from_function(&mut world, &target, input);
            let kind = body["__type"].as_str().unwrap_or_default();
            assert_eq!(
                kind.ends_with("AccessDeniedException"),
                refused,
                "{operation} with {allowed}: {body}"
            );
        }
    }
}
