use std::fmt;

/// A value that CloudFormation fetches at deployment time: a dynamic reference, kept as the
/// template writes it. The reader never learns the secret itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret(String);

impl Secret {
    /// The services that a dynamic reference may name.
    pub(crate) const SERVICES: [&'static str; 3] = ["secretsmanager", "ssm", "ssm-secure"];

    /// The first dynamic reference (`{{resolve:...}}`) inside a text.
    pub(crate) fn within(text: &str) -> Option<Self> {
        let start = text.find("{{resolve:")?;
        let length = text[start..].find("}}")? + 2;
        Some(Self(text[start..start + length].to_owned()))
    }

    /// The whole reference, such as `{{resolve:secretsmanager:name:SecretString:key}}`.
    pub fn reference(&self) -> &str {
        &self.0
    }

    /// `secretsmanager`, `ssm` or `ssm-secure`.
    pub fn service(&self) -> &str {
        self.parts().next().unwrap_or_default()
    }

    /// The secret's name or ARN and what follows it, such as `name:SecretString:key`.
    pub fn path(&self) -> &str {
        self.parts().nth(1).unwrap_or_default()
    }

    fn parts(&self) -> impl Iterator<Item = &str> {
        self.0
            .trim_start_matches("{{resolve:")
            .trim_end_matches("}}")
            .splitn(2, ':')
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
