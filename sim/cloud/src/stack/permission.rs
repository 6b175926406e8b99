use crate::stack::wildcard;

/// Who may invoke a function (`AWS::Lambda::Permission`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The name inside the template; for a SAM event, the one that SAM generates.
    pub logical_id: String,
    /// ARN of the function.
    pub function_arn: String,
    /// Such as `lambda:InvokeFunction`.
    pub action: String,
    /// A service such as `events.amazonaws.com`, an account, or an ARN.
    pub principal: String,
    /// The resource on whose behalf the service calls; wildcards allowed. Any if `None`.
    pub source_arn: Option<String>,
    /// The account on whose behalf the service calls. Any if `None`.
    pub source_account: Option<String>,
}

impl Permission {
    /// Whether a service may invoke a function on behalf of a resource.
    pub fn allows(&self, service_principal: &str, function_arn: &str, source_arn: &str) -> bool {
        let account = source_arn.split(':').nth(4).unwrap_or_default();
        let action = wildcard::matches_ignoring_case(&self.action, "lambda:InvokeFunction");
        action
            && self.principal == service_principal
            && self.function_arn == function_arn
            && self
                .source_arn
                .as_ref()
                .is_none_or(|pattern| wildcard::arn_matches(pattern, source_arn))
            && self
                .source_account
                .as_ref()
                .is_none_or(|allowed| allowed == account)
    }
}
