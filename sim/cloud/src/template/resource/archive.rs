use crate::stack::Archive;
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;

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
            name,
            arn,
            source_arn: fields.required_text("SourceArn"),
            pattern: fields.json_object("EventPattern"),
            retention_days: fields.count("RetentionDays", 0..=u32::MAX).unwrap_or(0),
        });
        identity
    }
}
