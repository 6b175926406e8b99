/// The intrinsic functions that the reader understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::template) enum Intrinsic {
    Ref,
    Sub,
    GetAtt,
    Join,
    If,
    Equals,
    Not,
    And,
    Or,
    Contains,
    Condition,
    Select,
    Split,
    FindInMap,
    ToJsonString,
}

/// Every intrinsic with its long name; the short form is `!` and the name without `Fn::`.
const NAMES: [(Intrinsic, &str); 15] = [
    (Intrinsic::Ref, "Ref"),
    (Intrinsic::Sub, "Fn::Sub"),
    (Intrinsic::GetAtt, "Fn::GetAtt"),
    (Intrinsic::Join, "Fn::Join"),
    (Intrinsic::If, "Fn::If"),
    (Intrinsic::Equals, "Fn::Equals"),
    (Intrinsic::Not, "Fn::Not"),
    (Intrinsic::And, "Fn::And"),
    (Intrinsic::Or, "Fn::Or"),
    (Intrinsic::Contains, "Fn::Contains"),
    (Intrinsic::Condition, "Condition"),
    (Intrinsic::Select, "Fn::Select"),
    (Intrinsic::Split, "Fn::Split"),
    (Intrinsic::FindInMap, "Fn::FindInMap"),
    (Intrinsic::ToJsonString, "Fn::ToJsonString"),
];

impl Intrinsic {
    /// The long name, such as `Fn::Sub`.
    pub(in crate::template) fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(intrinsic, _)| *intrinsic == self)
            .map_or("", |(_, name)| name)
    }

    /// By the suffix of a YAML tag: `Sub` of `!Sub`.
    pub(in crate::template) fn by_tag(tag: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, name)| name.trim_start_matches("Fn::") == tag)
            .map(|(intrinsic, _)| *intrinsic)
    }

    /// By the single key of a mapping. A lone `Condition` key is left alone: it is a property name,
    /// too.
    pub(in crate::template) fn by_key(key: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(intrinsic, name)| *name == key && *intrinsic != Self::Condition)
            .map(|(intrinsic, _)| *intrinsic)
    }

    /// All long names, for error messages.
    pub(in crate::template) fn all_names() -> Vec<String> {
        NAMES.iter().map(|(_, name)| (*name).to_owned()).collect()
    }
}
