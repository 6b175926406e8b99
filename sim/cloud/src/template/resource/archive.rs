use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;
use crate::template::reader::position::Position;

/// An archive of the events of one bus (`AWS::Events::Archive`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The name inside the template.
    pub logical_id: String,
    /// Where the template declares it.
    pub position: Position,
    /// Physical name, at most 48 characters.
    pub name: String,
    /// `arn:...:archive/NAME`.
    pub arn: String,
    /// ARN of the bus whose events are kept.
    pub source_arn: String,
    /// Which events are kept, as compact JSON; every event if `None`.
    pub pattern: Option<String>,
    /// Days that an event is kept; 0 is for ever.
    pub retention_days: u32,
}

impl Archive {
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        let name = fields
            .name("ArchiveName", 48, ".-_")
            .unwrap_or_else(|| context.generated_name(48));
        let arn = context.account.arn("events", &format!("archive/{name}"));
        fields.text("Description");
        let identity = Identity::new(&name, [("Arn", &arn), ("ArchiveName", &name)]);
        context.stack.archives.push(Self {
            logical_id: context.id.to_owned(),
            position: context.position,
            name,
            arn,
            source_arn: fields.required_text("SourceArn"),
            pattern: fields.json_object("EventPattern"),
            retention_days: fields.count("RetentionDays", 0..=u32::MAX).unwrap_or(0),
        });
        identity
    }
}
