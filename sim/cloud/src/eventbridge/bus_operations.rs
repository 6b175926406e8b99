use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{EventBridge, already_exists, not_found};
use crate::api::error::ServiceError;
use crate::api::parameters::{page, required, required_name, tags, text, texts};
use crate::stack::Bus;

/// What owners write on buses, rules and archives.
#[derive(Clone, Debug, Default)]
pub(super) struct Label {
    pub description: Option<String>,
    pub tags: BTreeMap<String, String>,
}

impl Label {
    pub(super) fn read(input: &Value) -> Self {
        Self {
            description: text(input, "Description").map(str::to_owned),
            tags: tags(input),
        }
    }
}

impl EventBridge {
    pub(crate) fn create_event_bus(&mut self, input: &Value) -> Result<Value, ServiceError> {
        if required(input, "Name")?.contains('/') {
            return Err(ServiceError::validation(
                "Event bus name must not contain '/'.",
            ));
        }
        let name = required_name(input, "Name", 256)?;
        if self.buses.contains_key(name) {
            return Err(already_exists(format!("Event bus {name} already exists.")));
        }
        let arn = self.account.arn("events", &format!("event-bus/{name}"));
        let label = Label::read(input);
        let mut answer = json!({ "EventBusArn": arn });
        if let Some(description) = &label.description {
            answer["Description"] = description.as_str().into();
        }
        let bus = Bus {
            logical_id: name.to_owned(),
            name: name.to_owned(),
            arn: arn.clone(),
        };
        self.buses.insert(name.to_owned(), bus);
        self.labels.insert(arn, label);
        Ok(answer)
    }

    /// Deletes a bus that has no rules but those of services; one that is not there is no error.
    pub(crate) fn delete_event_bus(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let name = self.bus_name(Some(required(input, "Name")?));
        if name == "default" {
            return Err(ServiceError::validation("Cannot delete event bus default."));
        }
        if self
            .rules
            .iter()
            .any(|state| state.rule.bus == name && state.managed_by.is_none())
        {
            return Err(ServiceError::validation(format!(
                "Event bus {name} can't be deleted since it has rules."
            )));
        }
        if let Some(bus) = self.buses.remove(&name) {
            self.labels.remove(&bus.arn);
            self.rules.retain(|state| state.rule.bus != name);
            self.reindex();
        }
        Ok(json!({}))
    }

    pub(crate) fn describe_event_bus(&self, input: &Value) -> Result<Value, ServiceError> {
        let name = self.existing_bus(text(input, "Name"))?;
        self.buses
            .get(&name)
            .map(|bus| self.show_bus(bus))
            .ok_or_else(|| not_found(format!("Event bus {name} does not exist.")))
    }

    pub(crate) fn list_event_buses(&self, input: &Value) -> Result<Value, ServiceError> {
        let prefix = text(input, "NamePrefix").unwrap_or_default();
        let buses = self
            .buses
            .values()
            .filter(|bus| bus.name.starts_with(prefix))
            .map(|bus| self.show_bus(bus))
            .collect();
        page(input, "Limit", "EventBuses", buses)
    }

    fn show_bus(&self, bus: &Bus) -> Value {
        let mut shown = json!({ "Name": bus.name, "Arn": bus.arn });
        self.describe_label(&bus.arn, &mut shown);
        shown
    }

    /// Adds the description, if there is one.
    pub(super) fn describe_label(&self, arn: &str, shown: &mut Value) {
        if let Some(description) = self
            .labels
            .get(arn)
            .and_then(|label| label.description.as_deref())
        {
            shown["Description"] = description.into();
        }
    }

    pub(crate) fn tag_resource(&mut self, input: &Value) -> Result<Value, ServiceError> {
        self.label_of(input)?.tags.extend(tags(input));
        Ok(json!({}))
    }

    pub(crate) fn untag_resource(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let gone = texts(input, "TagKeys");
        self.label_of(input)?
            .tags
            .retain(|key, _| !gone.contains(&key.as_str()));
        Ok(json!({}))
    }

    pub(crate) fn list_tags_for_resource(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let tags = self.label_of(input)?.tags.iter();
        Ok(
            json!({ "Tags": tags.map(|(key, value)| json!({ "Key": key, "Value": value })).collect::<Vec<_>>() }),
        )
    }

    /// The label of the bus or rule that a request names by `ResourceARN`.
    fn label_of(&mut self, input: &Value) -> Result<&mut Label, ServiceError> {
        let arn = required(input, "ResourceARN")?;
        let is_rule = self.rules.iter().any(|state| state.rule.arn == arn);
        if is_rule || self.buses.values().any(|bus| bus.arn == arn) {
            return Ok(self.labels.entry(arn.to_owned()).or_default());
        }
        let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
        let mut parts = resource.split('/');
        let message = match (parts.next(), parts.next(), parts.next()) {
            (Some("rule"), Some(bus), Some(name)) => {
                format!("Rule {name} does not exist on EventBus {bus}.")
            }
            (Some("rule"), Some(name), None) => {
                format!("Rule {name} does not exist on EventBus default.")
            }
            (_, Some(bus), _) => format!("Event bus {bus} does not exist."),
            _ => {
                return Err(ServiceError::validation(format!(
                    "Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
                )));
            }
        };
        Err(not_found(message))
    }
}
