//! A table of broken templates, each with the exact text of what is said about it.

use super::{messages, read};

/// One case: the resources, indented by two, and the messages.
fn expect(resources: &str, expected: &[&str]) {
    expect_whole(&format!("Resources:\n{resources}"), expected);
}

fn expect_whole(text: &str, expected: &[&str]) {
    let errors = read(text, &[]).expect_err(text);
    assert_eq!(messages(&errors), expected, "{text}");
}

const RULE: &str =
    "  R:\n    Type: AWS::Events::Rule\n    Properties:\n      EventPattern: {source: [shop]}\n";

#[test]
fn unknown_names() {
    let cases: [(&str, &str); 6] = [
        (
            "  Q:\n    Type: AWS::SQS::Queues\n",
            "template.yaml:3:11: unknown resource type \"AWS::SQS::Queues\" in Q (did you mean \"AWS::SQS::Queue\"?); allowed: AWS::CloudWatch::Alarm, AWS::CloudWatch::Dashboard, AWS::DynamoDB::Table, AWS::EventSchemas::Registry, AWS::EventSchemas::Schema, AWS::Events::Archive, AWS::Events::EventBus, AWS::Events::EventBusPolicy, AWS::Events::Rule, AWS::IAM::Policy, AWS::IAM::Role, AWS::Lambda::EventInvokeConfig, AWS::Lambda::EventSourceMapping, AWS::Lambda::Function, AWS::Lambda::Permission, AWS::Logs::LogGroup, AWS::SNS::Subscription, AWS::SNS::Topic, AWS::SNS::TopicPolicy, AWS::SQS::Queue, AWS::SQS::QueuePolicy, AWS::Scheduler::Schedule, AWS::Scheduler::ScheduleGroup, AWS::Serverless::Function, AWS::Serverless::SimpleTable",
        ),
        (
            "  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicNam: x\n",
            "template.yaml:5:7: unknown property \"TopicNam\" in AWS::SNS::Topic (did you mean \"TopicName\"?); allowed: ContentBasedDeduplication, DisplayName, FifoTopic, KmsMasterKeyId, SignatureVersion, Subscription, Tags, TopicName, TracingConfig",
        ),
        (
            "  T:\n    Type: AWS::SNS::Topic\n    Propertys: {}\n",
            "template.yaml:4:5: unknown property \"Propertys\" in Resources.T (did you mean \"Properties\"?); allowed: Condition, DeletionPolicy, DependsOn, Metadata, Properties, Type, UpdateReplacePolicy",
        ),
        (
            "  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: !Sub a-${Stag}\n",
            "template.yaml:5:23: unknown name \"Stag\" in the template; allowed: AWS::AccountId, AWS::Partition, AWS::Region, AWS::StackId, AWS::StackName, AWS::URLSuffix, AWS::NoValue, T",
        ),
        (
            "  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: !GetAtt U.Name\n",
            "template.yaml:5:26: unknown resource \"U\" in the template; allowed: T",
        ),
        (
            "  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: !Cidr [a, b]\n",
            "template.yaml:5:18: unknown function \"!Cidr\" in the template; allowed: Ref, Fn::Sub, Fn::GetAtt, Fn::Join, Fn::If, Fn::Equals, Fn::Not, Fn::And, Fn::Or, Fn::Contains, Condition, Fn::Select, Fn::Split, Fn::FindInMap, Fn::ToJsonString",
        ),
    ];
    for (resources, expected) in cases {
        expect(resources, &[expected]);
    }
}

#[test]
fn wrong_schemas_of_the_registry() {
    let schema = |lines: &str| {
        format!(
            "  S:\n    Type: AWS::EventSchemas::Schema\n    Properties:\n      RegistryName: r\n{lines}"
        )
    };
    expect(
        &schema("      Type: OpenApi3\n      Contents: '{}'\n"),
        &[
            "template.yaml:5:7: AWS::EventSchemas::Schema needs the property \"Content\"",
            "template.yaml:7:7: unknown property \"Contents\" in AWS::EventSchemas::Schema (did you mean \"Content\"?); allowed: Content, Description, RegistryName, SchemaName, Tags, Type",
        ],
    );
    expect(
        &schema("      Type: OpenApi4\n      Content: '{}'\n"),
        &[
            "template.yaml:6:13: \"Type\" must be one of OpenApi3, JSONSchemaDraft4, found \"OpenApi4\"",
        ],
    );
    expect(
        &schema("      Type: OpenApi3\n      Content: '{'\n"),
        &["template.yaml:7:16: \"Content\" must be a JSON object, found \"{\""],
    );
}

#[test]
fn unknown_attribute_of_a_resource() {
    expect(
        "  Q:\n    Type: AWS::SQS::Queue\n  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: !GetAtt Q.Name\n",
        &[
            "template.yaml:7:26: unknown attribute \"Name\" in Q (did you mean \"QueueName\"?); allowed: Arn, QueueName, QueueUrl",
        ],
    );
}

#[test]
fn wrong_values_of_a_target() {
    let target = |lines: &str| {
        format!(
            "{RULE}      Targets:\n        - Id: a\n          Arn: arn:aws:sqs:us-east-1:1:q\n{lines}"
        )
    };
    let cases = [
        (
            "          RetryPolicy:\n            MaximumRetryAttempts: 186\n",
            "template.yaml:10:35: \"MaximumRetryAttempts\" must lie between 0 and 185, found 186",
        ),
        (
            "          RetryPolicy:\n            MaximumEventAge: 3600\n",
            "template.yaml:10:13: unknown property \"MaximumEventAge\" in AWS::Events::Rule.Targets.RetryPolicy (did you mean \"MaximumEventAgeInSeconds\"?); allowed: MaximumEventAgeInSeconds, MaximumRetryAttempts",
        ),
        (
            "          RetryPolicy:\n            MaximumEventAgeInSeconds: soon\n",
            "template.yaml:10:39: \"MaximumEventAgeInSeconds\" must be a whole number, found \"soon\"",
        ),
        (
            "          Input: x\n          InputPath: $.detail\n",
            "template.yaml:7:11: AWS::Events::Rule.Targets needs at most one of Input, InputPath, InputTransformer, found 2",
        ),
        (
            "          DeadLetterConfig: arn:aws:sqs:us-east-1:1:d\n",
            "template.yaml:9:29: \"DeadLetterConfig\" must be a mapping, found \"arn:aws:sqs:us-east-1:1:d\"",
        ),
        (
            "          SqsParameters:\n            MessageGroup: g\n",
            "template.yaml:10:13: unknown property \"MessageGroup\" in AWS::Events::Rule.Targets.SqsParameters (did you mean \"MessageGroupId\"?); allowed: MessageGroupId",
        ),
    ];
    for (lines, expected) in cases {
        let errors = read(&format!("Resources:\n{}", target(lines)), &[]).expect_err(lines);
        assert!(
            messages(&errors).contains(&expected.to_owned()),
            "{:#?}",
            messages(&errors)
        );
    }
}

#[test]
fn wrong_values_of_resources() {
    let cases: [(&str, &str); 10] = [
        (
            "  R:\n    Type: AWS::Events::Rule\n    Properties:\n      State: ENABLED\n",
            "template.yaml:5:7: AWS::Events::Rule needs at least one of EventPattern, ScheduleExpression, found 0",
        ),
        (
            "  R:\n    Type: AWS::Events::Rule\n    Properties:\n      ScheduleExpression: rate(1 day)\n      EventBusName: b\n",
            "template.yaml:5:27: \"ScheduleExpression\" is supported only on the default event bus, found \"rate(1 day)\"",
        ),
        (
            "  R:\n    Type: AWS::Events::Rule\n    Properties:\n      ScheduleExpression: rate(1 day)\n      State: off\n",
            "template.yaml:6:14: \"State\" must be one of ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS, found off (without quotes it is the YAML boolean false)",
        ),
        (
            "  R:\n    Type: AWS::Events::Rule\n    Properties:\n      EventPattern: [a]\n",
            "template.yaml:5:21: \"EventPattern\" must be a JSON object, found a list of 1",
        ),
        (
            "  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      VisibilityTimeout: 43201\n",
            "template.yaml:5:26: \"VisibilityTimeout\" must lie between 0 and 43200, found 43201",
        ),
        (
            "  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      FifoQueue: true\n      QueueName: orders\n",
            "template.yaml:6:18: \"QueueName\" must end in .fifo for a FIFO queue, found \"orders\"",
        ),
        (
            "  B:\n    Type: AWS::Events::EventBus\n    Properties: {}\n",
            "template.yaml:4:17: AWS::Events::EventBus needs the property \"Name\"",
        ),
        (
            "  L:\n    Type: AWS::Logs::LogGroup\n    Properties:\n      RetentionInDays: 31\n",
            "template.yaml:5:24: \"RetentionInDays\" must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, found \"31\"",
        ),
        (
            "  C:\n    Type: AWS::Lambda::EventInvokeConfig\n    Properties:\n      FunctionName: nobody\n      Qualifier: $LATEST\n",
            "template.yaml:2:3: unknown function \"nobody\" in the stack; allowed: nothing",
        ),
        (
            "  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: \"{{resolve:vault:x}}\"\n",
            "template.yaml:5:18: \"dynamic reference\" must be {{resolve:SERVICE:NAME}} with a service of secretsmanager, ssm, ssm-secure, found \"{{resolve:vault:x}}\"",
        ),
    ];
    for (resources, expected) in cases {
        let errors = read(&format!("Resources:\n{resources}"), &[]).expect_err(resources);
        assert!(
            messages(&errors).contains(&expected.to_owned()),
            "{:#?}",
            messages(&errors)
        );
    }
}

#[test]
fn resources_that_wait_for_each_other() {
    let topic = |id: &str, other: &str| {
        format!(
            "  {id}:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: !Ref {other}\n"
        )
    };
    let text = format!("{}{}{}", topic("A", "B"), topic("B", "C"), topic("C", "A"));
    expect(
        &text,
        &["template.yaml:2:3: circular dependency: A -> B -> C -> A"],
    );
}

#[test]
fn parameters_and_their_values() {
    let head = "Parameters:\n  Stage:\n    Type: String\n    Default: dev\n    AllowedValues: [dev, prod]\nResources:\n  T:\n    Type: AWS::SNS::Topic\n";
    let of = |values: &[(&str, &str)]| messages(&read(head, values).expect_err("a wrong value"));
    assert_eq!(
        of(&[("Stage", "test")]),
        ["template.yaml:2:3: \"Stage\" must be one of dev, prod, found \"test\""]
    );
    assert_eq!(
        of(&[("Stag", "dev")]),
        [
            "template.yaml:2:3: unknown parameter \"Stag\" in the given values (did you mean \"Stage\"?); allowed: Stage"
        ]
    );
    expect_whole(
        "Parameters:\n  Port:\n    Type: Number\n    Default: many\nResources:\n  T:\n    Type: AWS::SNS::Topic\n",
        &["template.yaml:4:14: \"Port\" must be a number, found \"many\""],
    );
    expect_whole(
        "Parameters:\n  Port:\n    Type: Number\nResources:\n  T:\n    Type: AWS::SNS::Topic\n",
        &["template.yaml:2:3: the parameter \"Port\" has no default and no value is given"],
    );
}

#[test]
fn conditions() {
    expect_whole(
        "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\nResources:\n  T:\n    Type: AWS::SNS::Topic\n",
        &["template.yaml:2:3: circular dependency: A -> B -> A"],
    );
    expect_whole(
        "Conditions:\n  Never: !Equals [a, b]\nResources:\n  T:\n    Type: AWS::SNS::Topic\n    Condition: Never\n  U:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: !Ref T\n",
        &["template.yaml:10:25: \"T\" is not created, because its condition \"Never\" is false"],
    );
    expect_whole(
        "Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: !If [Nobody, a, b]\n",
        &["template.yaml:5:25: unknown condition \"Nobody\" in the template; allowed: nothing"],
    );
}

#[test]
fn documents_that_are_none() {
    let cases = [
        (
            "",
            "template.yaml:1:1: not a readable YAML document: the file is empty",
        ),
        (
            "Resources: &a {}\n",
            "template.yaml:1:15: not a readable YAML document: CloudFormation does not support anchors and aliases",
        ),
        (
            "Resources:\n  T:\n    Type: AWS::SNS::Topic\n  T:\n    Type: AWS::SNS::Topic\n",
            "template.yaml:4:3: not a readable YAML document: the key \"T\" is already there",
        ),
    ];
    for (text, expected) in cases {
        let errors = messages(&read(text, &[]).expect_err(text));
        assert_eq!(errors.first().map(String::as_str), Some(expected));
    }
    let errors = read("Resources: [a\n", &[]).expect_err("an open list");
    assert_eq!((errors.len(), errors[0].position.line), (1, 1));
}

#[test]
fn two_resources_with_one_name() {
    expect(
        "  A:\n    Type: AWS::SNS::Topic\n    Properties: {TopicName: x}\n  B:\n    Type: AWS::SNS::Topic\n    Properties: {TopicName: x}\n",
        &[
            "template.yaml:5:3: \"physical name\" is already taken by the resource at 2:3, found \"arn:aws:sns:us-east-1:123456789012:x\"",
        ],
    );
}

#[test]
fn all_errors_are_reported_at_once_in_the_order_of_the_file() {
    let text = "  T:\n    Type: AWS::SNS::Topic\n    Properties: {Colour: red}\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: {DelaySeconds: 901}\n";
    let errors = read(&format!("Resources:\n{text}"), &[]).expect_err("two errors");
    let lines: Vec<usize> = errors.iter().map(|error| error.position.line).collect();
    assert_eq!(lines, [4, 7]);
}

#[test]
fn a_missing_target_hides_no_other_property() {
    expect(
        "  S:\n    Type: AWS::Scheduler::Schedule\n    Properties:\n      ScheduleExpression: rate(1 day)\n      FlexibleTimeWindow: {Mode: OFF}\n",
        &[
            "template.yaml:5:7: AWS::Scheduler::Schedule needs the property \"Target\"",
            "template.yaml:6:34: \"Mode\" must be one of OFF, FLEXIBLE, found OFF (without quotes it is the YAML boolean false)",
        ],
    );
}

#[test]
fn what_sam_does_not_generate_cannot_be_referred_to() {
    let function = "  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: h\n      Runtime: python3.13\n      InlineCode: x\n      Role: arn:aws:iam::1:role/r\n";
    expect(
        &format!(
            "{function}  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: !GetAtt FRole.Arn\n"
        ),
        &["template.yaml:12:28: unknown resource \"FRole\" in the template; allowed: F, T"],
    );
}

#[test]
fn a_serverless_function_on_every_level() {
    let of = |lines: &str| {
        let text = format!(
            "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      Handler: h\n      InlineCode: x\n      Runtime: python3.13\n{lines}"
        );
        messages(&read(&text, &[]).expect_err(lines))
    };
    assert_eq!(
        of("      Timeout: 901\n"),
        ["template.yaml:8:16: \"Timeout\" must lie between 1 and 900, found 901"]
    );
    assert_eq!(
        of("      EventInvokeConfig: {MaximumRetryAttempts: 3}\n"),
        ["template.yaml:8:49: \"MaximumRetryAttempts\" must lie between 0 and 2, found 3"]
    );
    assert_eq!(
        of("      Events:\n        E:\n          Type: Api\n          Properties: {Path: /}\n"),
        [
            "template.yaml:10:17: \"Type\" must be one of CloudWatchEvent, DynamoDB, EventBridgeRule, SNS, SQS, Schedule, ScheduleV2, found \"Api\""
        ]
    );
    assert_eq!(
        of("      Policies: [ReadEverything]\n"),
        [
            "template.yaml:8:18: unknown managed policy \"ReadEverything\" in AWS::Serverless::Function; allowed: AWSLambdaBasicExecutionRole, AWSLambdaDynamoDBExecutionRole, AWSLambdaSQSQueueExecutionRole, AWSXRayDaemonWriteAccess, AmazonSQSFullAccess, AmazonSNSFullAccess, AmazonSESFullAccess, AmazonDynamoDBFullAccess, AmazonEventBridgeFullAccess, CloudWatchLogsFullAccess, AdministratorAccess"
        ]
    );
}

#[test]
fn a_resource_that_is_left_out_is_checked_too() {
    expect_whole(
        "Conditions:\n  Never: !Equals [a, b]\nResources:\n  T:\n    Type: AWS::SNS::Subscription\n    Condition: Never\n    Properties:\n      TopicArn: arn:aws:sns:us-east-1:1:t\n      Protocol: email\n      Endpont: x\n",
        &[
            "template.yaml:8:7: AWS::SNS::Subscription needs the property \"Endpoint\"",
            "template.yaml:10:7: unknown property \"Endpont\" in AWS::SNS::Subscription (did you mean \"Endpoint\"?); allowed: Endpoint, FilterPolicy, FilterPolicyScope, Protocol, RawMessageDelivery, RedrivePolicy, TopicArn",
        ],
    );
}

/// Each level names the one before it ten times: nine levels would be a billion texts.
#[test]
fn functions_that_grow_with_every_level_are_refused() {
    let mut laughs = "lol".to_owned();
    for _ in 0..9 {
        let names = "${x}".repeat(10);
        laughs = format!("{{Fn::Sub: [\"{names}\", {{x: {laughs}}}]}}");
    }
    let text = format!(
        "Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: {laughs}\n"
    );
    let errors = messages(&read(&text, &[]).expect_err("too large"));
    assert!(
        errors[0].contains(
            "\"the functions of the template\" must not make more than 16777216 bytes in all"
        ),
        "{errors:?}"
    );
}

#[test]
fn joins_and_references_that_grow_are_refused_too() {
    let long = "a".repeat(4_000);
    let refs = "!Ref P, ".repeat(500);
    let mut joined = format!("{{Fn::Join: [\"\", [{refs}]]}}");
    for _ in 0..2 {
        joined = format!(
            "{{Fn::Join: [\"\", [{}]]}}",
            format!("{joined}, ").repeat(10)
        );
    }
    let text = format!(
        "Parameters:\n  P: {{Type: String, Default: {long}}}\nResources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: {joined}\n"
    );
    let errors = messages(&read(&text, &[]).expect_err("too large"));
    assert!(
        errors
            .iter()
            .any(|error| error.contains("must not make more than")),
        "{errors:?}"
    );
}

#[test]
fn a_condition_may_stand_before_what_it_builds_upon() {
    for form in ["{Condition: B}", "!Condition B"] {
        let text = format!(
            "Conditions:\n  A: {{Fn::Not: [{form}]}}\n  B: {{Fn::Equals: [a, b]}}\nResources:\n  T: {{Type: AWS::SNS::Topic, Condition: A}}\n"
        );
        assert_eq!(read(&text, &[]).expect("sound").topics.len(), 1, "{form}");
    }
    expect_whole(
        "Conditions:\n  A: {Fn::Not: [{Condition: Bee}]}\n  Be: {Fn::Equals: [a, b]}\nResources:\n  T: {Type: AWS::SNS::Topic}\n",
        &[
            "template.yaml:2:17: unknown condition \"Bee\" in the template (did you mean \"Be\"?); allowed: A, Be",
        ],
    );
}

/// Where each of thirty names all others, the paths are more than can be walked.
#[test]
fn conditions_that_all_name_each_other_are_reported_and_not_walked_for_ever() {
    let all: Vec<String> = (0..10)
        .map(|number| format!("{{Condition: C{number}}}"))
        .collect();
    let conditions: String = (0..30)
        .map(|number| format!("  C{number}: {{Fn::Or: [{}]}}\n", all.join(", ")))
        .collect();
    let text = format!("Conditions:\n{conditions}Resources:\n  T: {{Type: AWS::SNS::Topic}}\n");
    let errors = messages(&read(&text, &[]).expect_err("cycles"));
    assert!(
        errors.iter().any(|error| error.contains("C0 -> C0")),
        "{errors:?}"
    );
}

#[test]
fn conditions_upon_conditions_have_a_depth() {
    let chain: String = (0..5_000)
        .map(|number| {
            format!(
                "  C{number}: {{Fn::Not: [{{Condition: C{}}}]}}\n",
                number + 1
            )
        })
        .collect();
    let last = "  C5000: {Fn::Equals: [a, a]}\n";
    let text = format!("Conditions:\n{chain}{last}Resources:\n  T: {{Type: AWS::SNS::Topic}}\n");
    let errors = messages(&read(&text, &[]).expect_err("too deep"));
    assert!(
        errors[0].contains("must not build upon more than 200 conditions"),
        "{errors:?}"
    );
}

#[test]
fn a_table_has_what_its_creation_requires() {
    let key = "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n";
    let types = "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n";
    let table =
        |more: &str| format!("  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n{more}");
    expect(
        &table(&format!("{key}{types}")),
        &["template.yaml:5:7: AWS::DynamoDB::Table needs the property \"ProvisionedThroughput\""],
    );
    let units = "      ProvisionedThroughput: {ReadCapacityUnits: 1}\n";
    expect(
        &table(&format!("{key}{types}{units}")),
        &[
            "template.yaml:7:30: AWS::DynamoDB::Table.ProvisionedThroughput needs the property \"WriteCapacityUnits\"",
        ],
    );
    let paid = "      BillingMode: PAY_PER_REQUEST\n";
    expect(
        &table(&format!("{types}{paid}")),
        &["template.yaml:5:7: AWS::DynamoDB::Table needs the property \"KeySchema\""],
    );
    let stream = "      StreamSpecification: {StreamViewType: EVERYTHING}\n";
    expect(
        &table(&format!("{key}{types}{paid}{stream}")),
        &[
            "template.yaml:8:45: \"StreamViewType\" must be one of KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, \
             NEW_AND_OLD_IMAGES, found \"EVERYTHING\"",
        ],
    );
}
