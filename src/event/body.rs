use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{
    ErrorNotificationRequested, EventError, JsonObject, RebalancePlanned, SignalGenerated,
    SystemNotificationRequested, TradeExecuted, TradingNotificationRequested, WorkflowCompleted,
    WorkflowFailed, WorkflowStarted, read,
};

macro_rules! bodies {
    ($($name:ident),+ $(,)?) => {
        /// The name of a domain event's type, as the envelope's `detail-type` carries it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum DetailType {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                $name,
            )+
        }

        impl DetailType {
            /// Every type, in the order of the specification.
            pub const ALL: &'static [DetailType] = &[$(DetailType::$name),+];

            /// The text on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(DetailType::$name => stringify!($name)),+ }
            }
        }

        /// The fields of one type of event.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Body {
            $(
                #[doc = concat!("See [`", stringify!($name), "`].")]
                $name($name),
            )+
        }

        impl Body {
            /// The type that the envelope names.
            #[must_use]
            pub fn detail_type(&self) -> DetailType {
                match self { $(Body::$name(_) => DetailType::$name),+ }
            }

            #[cfg(feature = "schema")]
            pub(crate) fn schema(detail_type: DetailType, generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                match detail_type { $(DetailType::$name => generator.subschema_for::<super::detail::Detail<$name>>()),+ }
            }

            pub(super) fn read(detail_type: DetailType, object: &Value) -> Result<Self, EventError> {
                match detail_type { $(DetailType::$name => read(detail_type, object).map(Body::$name)),+ }
            }
        }

        $(
            impl From<$name> for Body {
                fn from(body: $name) -> Self {
                    Body::$name(body)
                }
            }
        )+
    };
}

bodies!(
    WorkflowStarted,
    SignalGenerated,
    RebalancePlanned,
    TradeExecuted,
    WorkflowCompleted,
    WorkflowFailed,
    TradingNotificationRequested,
    ErrorNotificationRequested,
    SystemNotificationRequested,
);

impl DetailType {
    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|detail_type| detail_type.as_str() == name)
    }

    /// The step that an event of this type brings about, where there is one: the claim of it is
    /// `STEP#EVENT_ID`.
    #[must_use]
    pub fn step(self) -> Option<&'static str> {
        match self {
            Self::WorkflowStarted => Some("signals"),
            Self::SignalGenerated => Some("portfolio"),
            Self::RebalancePlanned => Some("execution"),
            Self::TradingNotificationRequested => Some("notification"),
            Self::TradeExecuted | Self::WorkflowFailed => Some("orchestrator"),
            Self::WorkflowCompleted
            | Self::ErrorNotificationRequested
            | Self::SystemNotificationRequested => None,
        }
    }

    /// The types that the router takes for domain events (rules.md 3.2). Error notifications
    /// are not among them: the circuit breaker answers those before anything is looked at.
    #[must_use]
    pub fn is_routed(self) -> bool {
        !matches!(
            self,
            Self::ErrorNotificationRequested | Self::SystemNotificationRequested
        )
    }
}

impl fmt::Display for DetailType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Body {
    /// Module and component that emit this event; the module's first segment gives the bus source.
    pub(super) fn origin(&self) -> (String, &'static str) {
        let (module, component) = match self {
            Body::WorkflowStarted(_)
            | Body::TradingNotificationRequested(_)
            | Body::ErrorNotificationRequested(_)
            | Body::SystemNotificationRequested(_) => (
                "orchestration.event_driven_orchestrator",
                "EventDrivenOrchestrator",
            ),
            Body::SignalGenerated(_) => ("strategy_v2.handlers", "SignalGenerationHandler"),
            Body::RebalancePlanned(_) => ("portfolio_v2.handlers", "PortfolioAnalysisHandler"),
            Body::TradeExecuted(_) | Body::WorkflowCompleted(_) => {
                ("execution_v2.handlers", "TradingExecutionHandler")
            }
            Body::WorkflowFailed(failed) => match failed.failure_step.as_str() {
                "signal_generation" => ("strategy_v2.handlers", "SignalGenerationHandler"),
                "portfolio_analysis" => ("portfolio_v2.handlers", "PortfolioAnalysisHandler"),
                "trade_execution" => ("execution_v2.handlers", "TradingExecutionHandler"),
                _ => (
                    "orchestration.event_driven_orchestrator",
                    "EventDrivenOrchestrator",
                ),
            },
        };
        (module.to_owned(), component)
    }

    /// `metadata` is an empty object, and never null, for three types (rules.md 1.5).
    pub(super) fn default_metadata(&self) -> Option<JsonObject> {
        matches!(
            self,
            Body::SignalGenerated(_) | Body::RebalancePlanned(_) | Body::TradeExecuted(_)
        )
        .then(JsonObject::new)
    }
}
