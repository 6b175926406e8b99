use crate::stack::Bus;
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;

impl Bus {
    pub(in crate::template) fn read(fields: &Fields<'_>, context: &mut Context<'_>) -> Identity {
        fields.required("Name");
        let name = fields.name("Name", 256, "/.-_").unwrap_or_default();
        fields.text("Description");
        fields.tags();
        let arn = context.account.arn("events", &format!("event-bus/{name}"));
        let identity = Identity::new(&name, [("Arn", &arn), ("Name", &name)]);
        context.stack.buses.push(Self {
            logical_id: context.id.to_owned(),
            name,
            arn,
        });
        identity
    }
}
