/// A resource that is known and checked, and that does nothing in a simulated cloud: dashboards,
/// log groups, schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inert {
    /// The name inside the template.
    pub logical_id: String,
    /// Such as `AWS::Logs::LogGroup`.
    pub resource_type: String,
    /// Physical name.
    pub name: String,
}
