use alchemiser::aws::{AwsSetup, connector};
use alchemiser::clock::{Clock, SystemClock};
use alchemiser::timestamp::Timestamp;
use clap::ValueEnum;

use crate::outcome::{Problem, failed, unknown};

/// Tries of one call.
const ATTEMPTS: u32 = 3;

/// A stage of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// For development; trades paper money.
    Dev,
    /// The one that may trade real money.
    Prod,
    /// For a while only.
    Ephemeral,
}

impl Stage {
    fn as_str(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Prod => "prod",
            Self::Ephemeral => "ephemeral",
        }
    }
}

/// The AWS account, and what the template calls things in it.
#[derive(Debug)]
pub struct Account {
    /// EventBridge.
    pub events: aws_sdk_eventbridge::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    stage: Stage,
}

/// The event bus of the stage.
#[derive(Clone, Debug)]
pub struct Bus {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
}

impl Account {
    /// The account that the machine's settings say.
    pub async fn open(stage: Stage) -> Result<Self, Problem> {
        let setup = AwsSetup::from_machine(connector(), ATTEMPTS).await;
        let setup = setup.map_err(|reason| {
            Problem::Failed(format!("{reason}\nSet AWS_REGION, and AWS_PROFILE or AWS_ACCESS_KEY_ID, as for every AWS client"))
        })?;
        Ok(Self {
            events: setup.eventbridge(),
            sqs: setup.sqs(),
            dynamodb: setup.dynamodb(),
            stage,
        })
    }

    /// A name as the template makes it: `alchemiser-WHAT-STAGE`.
    pub fn named(&self, what: &str) -> String {
        format!("alchemiser-{what}-{}", self.stage.as_str())
    }

    /// The name that somebody means who leaves the beginning and the ending out.
    pub fn is_called(&self, name: &str, said: &str) -> bool {
        name == said || name == self.named(said)
    }

    /// The bus. It must be there: an event that is put on none is accepted and gone.
    pub async fn bus(&self) -> Result<Bus, Problem> {
        let name = self.named("trading-events");
        match self.events.describe_event_bus().name(&name).send().await {
            Ok(found) => Ok(Bus {
                arn: found.arn().unwrap_or_default().to_owned(),
                name,
            }),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|failure| failure.is_resource_not_found_exception()) =>
            {
                let listed = self
                    .events
                    .list_event_buses()
                    .send()
                    .await
                    .map_err(|error| failed("listing the event buses", &error))?;
                let names: Vec<String> = listed
                    .event_buses()
                    .iter()
                    .filter_map(|bus| bus.name())
                    .map(str::to_owned)
                    .collect();
                Err(unknown("event bus", &name, &names))
            }
            Err(error) => Err(failed(&format!("looking for the event bus {name}"), &error)),
        }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        Timestamp::new(SystemClock.now())
    }
}
