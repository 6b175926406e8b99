/// An SNS topic (`AWS::SNS::Topic`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The name inside the template.
    pub logical_id: String,
    /// Physical name, at most 256 characters.
    pub name: String,
    /// `arn:...:sns:REGION:ACCOUNT:NAME`.
    pub arn: String,
    /// First in, first out.
    pub fifo: bool,
    /// Messages with the same text are the same (FIFO only).
    pub content_based_deduplication: bool,
}
