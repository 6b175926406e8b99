use std::collections::BTreeMap;

/// What a resource answers to `Ref` and `Fn::GetAtt`.
#[derive(Clone, Debug, Default)]
pub(in crate::template) struct Identity {
    pub(in crate::template) reference: String,
    pub(in crate::template) attributes: BTreeMap<&'static str, String>,
}

impl Identity {
    pub(in crate::template) fn new<const N: usize>(
        reference: impl Into<String>,
        attributes: [(&'static str, &str); N],
    ) -> Self {
        let attributes = attributes
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        Self {
            reference: reference.into(),
            attributes,
        }
    }
}

/// What is known of a logical id while the stack is being read.
#[derive(Clone, Debug)]
pub(in crate::template) enum Known {
    Created(Identity),
    /// The resource's condition is false.
    LeftOut {
        condition: String,
    },
    /// The resource could not be read; its own errors are reported already.
    Unreadable,
}
