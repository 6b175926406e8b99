use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    LocalSecondaryIndex, Projection, ScalarAttributeType,
};
use aws_sdk_eventbridge::types as events;
use aws_sdk_sqs::types::QueueAttributeName;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::refused;
use crate::world::WorldError;
use simulated_cloud::stack::{Index, KeySchema, Rule, Stack, Table, Target};

/// Clients of the endpoint outside.
pub(super) struct Clients {
    pub events: aws_sdk_eventbridge::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub dynamodb: aws_sdk_dynamodb::Client,
}

/// The queue that stands for a function: its rules target it, and what comes in is handed to the
/// function's code.
#[derive(Clone, Debug)]
pub(super) struct Inbox {
    pub function: String,
    pub url: String,
    arn: String,
}

macro_rules! client {
    ($service:ident, $endpoint:expr, $http:expr, $region:expr) => {
        $service::Client::from_conf(
            $service::config::Builder::new()
                .behavior_version(BehaviorVersion::v2026_01_12())
                .region(Region::new($region.to_owned()))
                .credentials_provider(Credentials::new("test", "test", None, None, "static"))
                .http_client($http.clone())
                .time_source(SystemTimeSource::new())
                .sleep_impl(TokioSleep::new())
                .endpoint_url($endpoint)
                .build(),
        )
    };
}

impl Clients {
    /// Clients of `endpoint`, with keys that such endpoints do not look at and the machine's clock,
    /// by which they judge signatures.
    pub fn of(endpoint: &str, http: SharedHttpClient, region: &str) -> Self {
        Self {
            events: client!(aws_sdk_eventbridge, endpoint, http, region),
            sqs: client!(aws_sdk_sqs, endpoint, http, region),
            dynamodb: client!(aws_sdk_dynamodb, endpoint, http, region),
        }
    }

    /// Makes the buses, rules, queues and tables of `stack` anew, and a queue in the place of each
    /// function.
    pub async fn provision(&self, stack: &Stack) -> Result<Vec<Inbox>, WorldError> {
        for queue in &stack.queues {
            self.queue(&queue.name, queue.fifo).await?;
        }
        let mut inboxes = Vec::new();
        for function in &stack.functions {
            let name = format!("{}-inbox", function.name);
            let url = self.queue(&name, false).await?;
            let arn = function.arn.replacen(":lambda:", ":sqs:", 1).replacen(
                &format!(":function:{}", function.name),
                &format!(":{name}"),
                1,
            );
            inboxes.push(Inbox {
                function: function.name.clone(),
                url,
                arn,
            });
        }
        for bus in &stack.buses {
            let made = self.events.create_event_bus().name(&bus.name).send().await;
            if let Err(error) = made
                && !error
                    .as_service_error()
                    .is_some_and(|error| error.is_resource_already_exists_exception())
            {
                return Err(refused("CreateEventBus", &error));
            }
            self.clear(&bus.name).await?;
        }
        for rule in &stack.rules {
            self.rule(rule, stack, &inboxes).await?;
        }
        for table in &stack.tables {
            self.table(table).await?;
        }
        Ok(inboxes)
    }

    /// A queue of that name, empty.
    async fn queue(&self, name: &str, is_fifo: bool) -> Result<String, WorldError> {
        let fifo = is_fifo.then(|| "true".to_owned());
        let request = self.sqs.create_queue().queue_name(name);
        let request = match fifo {
            Some(fifo) => request.attributes(QueueAttributeName::FifoQueue, fifo),
            None => request,
        };
        let url = request
            .send()
            .await
            .map_err(|error| refused("CreateQueue", &error))?
            .queue_url
            .unwrap_or_default();
        self.sqs
            .purge_queue()
            .queue_url(&url)
            .send()
            .await
            .map_err(|error| refused("PurgeQueue", &error))?;
        Ok(url)
    }

    /// Takes away the rules that an earlier run left.
    async fn clear(&self, bus: &str) -> Result<(), WorldError> {
        let rules = self
            .events
            .list_rules()
            .event_bus_name(bus)
            .send()
            .await
            .map_err(|error| refused("ListRules", &error))?;
        for rule in rules.rules.unwrap_or_default() {
            let name = rule.name.unwrap_or_default();
            let targets = self
                .events
                .list_targets_by_rule()
                .event_bus_name(bus)
                .rule(&name)
                .send()
                .await;
            let targets = targets
                .map_err(|error| refused("ListTargetsByRule", &error))?
                .targets
                .unwrap_or_default();
            if !targets.is_empty() {
                let ids = targets.into_iter().map(|target| target.id).collect();
                let removed = self
                    .events
                    .remove_targets()
                    .event_bus_name(bus)
                    .rule(&name)
                    .set_ids(Some(ids))
                    .send()
                    .await;
                removed.map_err(|error| refused("RemoveTargets", &error))?;
            }
            self.events
                .delete_rule()
                .event_bus_name(bus)
                .name(&name)
                .send()
                .await
                .map_err(|error| refused("DeleteRule", &error))?;
        }
        Ok(())
    }

    async fn rule(&self, rule: &Rule, stack: &Stack, inboxes: &[Inbox]) -> Result<(), WorldError> {
        let state = if rule.enabled {
            events::RuleState::Enabled
        } else {
            events::RuleState::Disabled
        };
        let request = self
            .events
            .put_rule()
            .name(&rule.name)
            .event_bus_name(&rule.bus)
            .state(state);
        let request = request
            .set_event_pattern(rule.pattern.clone())
            .set_schedule_expression(rule.schedule_expression.clone());
        request
            .send()
            .await
            .map_err(|error| refused("PutRule", &error))?;
        let targets = rule
            .targets
            .iter()
            .map(|target| as_sent(target, stack, inboxes))
            .collect::<Result<Vec<_>, _>>()?;
        if targets.is_empty() {
            return Ok(());
        }
        let put = self
            .events
            .put_targets()
            .rule(&rule.name)
            .event_bus_name(&rule.bus)
            .set_targets(Some(targets))
            .send()
            .await;
        let put = put.map_err(|error| refused("PutTargets", &error))?;
        match put.failed_entries.unwrap_or_default().first() {
            Some(failed) => Err(WorldError::TargetRefused {
                rule: rule.name.clone(),
                reason: failed.error_message().unwrap_or("no reason").to_owned(),
            }),
            None => Ok(()),
        }
    }

    async fn table(&self, table: &Table) -> Result<(), WorldError> {
        if let Err(error) = self
            .dynamodb
            .delete_table()
            .table_name(&table.name)
            .send()
            .await
            && !error
                .as_service_error()
                .is_some_and(|error| error.is_resource_not_found_exception())
        {
            return Err(refused("DeleteTable", &error));
        }
        let mut request = self
            .dynamodb
            .create_table()
            .table_name(&table.name)
            .billing_mode(BillingMode::PayPerRequest);
        for (name, kind) in &table.attribute_types {
            let kind = ScalarAttributeType::from(kind.as_str());
            let attribute = AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(kind)
                .build();
            request = request.attribute_definitions(attribute?);
        }
        request = request.set_key_schema(Some(key_schema(&table.key)?));
        for index in &table.indexes {
            let (keys, projection) = (key_schema(&index.key)?, projection(index));
            request = if index.global {
                let global = GlobalSecondaryIndex::builder()
                    .index_name(&index.name)
                    .set_key_schema(Some(keys))
                    .projection(projection);
                request.global_secondary_indexes(global.build()?)
            } else {
                let local = LocalSecondaryIndex::builder()
                    .index_name(&index.name)
                    .set_key_schema(Some(keys))
                    .projection(projection);
                request.local_secondary_indexes(local.build()?)
            };
        }
        request
            .send()
            .await
            .map_err(|error| refused("CreateTable", &error))?;
        Ok(())
    }
}

fn key_schema(key: &KeySchema) -> Result<Vec<KeySchemaElement>, WorldError> {
    let range = key.range.iter().map(|name| (name, KeyType::Range));
    let elements = std::iter::once((&key.hash, KeyType::Hash)).chain(range);
    elements
        .map(|(name, kind)| {
            Ok(KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(kind)
                .build()?)
        })
        .collect()
}

fn projection(index: &Index) -> Projection {
    let names = (!index.non_key_attributes.is_empty()).then(|| index.non_key_attributes.clone());
    Projection::builder()
        .projection_type(index.projection.as_str().into())
        .set_non_key_attributes(names)
        .build()
}

/// The target as it is put outside: a function's place is taken by its inbox.
fn as_sent(
    target: &Target,
    stack: &Stack,
    inboxes: &[Inbox],
) -> Result<events::Target, WorldError> {
    let function = stack
        .functions
        .iter()
        .find(|function| function.arn == target.arn);
    let inbox =
        function.and_then(|function| inboxes.iter().find(|inbox| inbox.function == function.name));
    let arn = inbox.map_or(&target.arn, |inbox| &inbox.arn);
    let mut builder = events::Target::builder().id(&target.id).arn(arn);
    if let Some(transformer) = &target.input_transformer {
        let paths = transformer
            .paths
            .iter()
            .map(|(name, path)| (name.clone(), path.clone()))
            .collect();
        let sent = events::InputTransformer::builder()
            .set_input_paths_map(Some(paths))
            .input_template(&transformer.template)
            .build();
        builder = builder.input_transformer(sent?);
    }
    builder = builder
        .set_input(target.input.clone())
        .set_input_path(target.input_path.clone());
    Ok(builder.build()?)
}
