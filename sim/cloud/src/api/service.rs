/// A simulated service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Amazon EventBridge.
    EventBridge,
    /// Amazon SQS.
    Sqs,
    /// Amazon SNS.
    Sns,
    /// Amazon DynamoDB.
    DynamoDb,
    /// EventBridge Scheduler.
    Scheduler,
    /// AWS Lambda.
    Lambda,
}

impl Service {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 6] = [
        Self::DynamoDb,
        Self::EventBridge,
        Self::Lambda,
        Self::Scheduler,
        Self::Sns,
        Self::Sqs,
    ];

    /// The name in ARNs, IAM actions, credential scopes and fault sites.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EventBridge => "events",
            Self::Sqs => "sqs",
            Self::Sns => "sns",
            Self::DynamoDb => "dynamodb",
            Self::Scheduler => "scheduler",
            Self::Lambda => "lambda",
        }
    }

    /// The service with that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    /// The service that an ARN belongs to, if it is a simulated one.
    #[must_use]
    pub fn of_arn(arn: &str) -> Option<Self> {
        Self::named(arn.split(':').nth(2)?)
    }

    /// The service that the part of `X-Amz-Target` before the dot names.
    pub(super) fn of_target(prefix: &str) -> Option<Self> {
        match prefix {
            "AWSEvents" => Some(Self::EventBridge),
            "AmazonSQS" => Some(Self::Sqs),
            prefix if prefix.starts_with("DynamoDB_") || prefix.starts_with("DynamoDBStreams_") => {
                Some(Self::DynamoDb)
            }
            _ => None,
        }
    }
}
