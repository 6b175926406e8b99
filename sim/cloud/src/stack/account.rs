/// Where a stack lives: what the pseudo parameters `AWS::AccountId`, `AWS::Region`, ... stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Such as `us-east-1`.
    pub region: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// The stack's name; generated physical names start with it.
    pub stack: String,
}

impl Default for Account {
    /// The account of AWS's examples, in `us-east-1`.
    fn default() -> Self {
        Self {
            id: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            partition: "aws".to_owned(),
            stack: "stack".to_owned(),
        }
    }
}

impl Account {
    /// The names of all pseudo parameters except `AWS::NoValue`.
    pub(crate) const NAMES: [&'static str; 6] = [
        "AWS::AccountId",
        "AWS::Partition",
        "AWS::Region",
        "AWS::StackId",
        "AWS::StackName",
        "AWS::URLSuffix",
    ];

    /// The value of a pseudo parameter.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let suffix = if self.partition == "aws-cn" {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        match name {
            "AWS::AccountId" => Some(self.id.clone()),
            "AWS::Partition" => Some(self.partition.clone()),
            "AWS::Region" => Some(self.region.clone()),
            "AWS::StackId" => Some(self.arn(
                "cloudformation",
                &format!("stack/{}/{}", self.stack, fingerprint(&self.stack)),
            )),
            "AWS::StackName" => Some(self.stack.clone()),
            "AWS::URLSuffix" => Some(suffix.to_owned()),
            _ => None,
        }
    }

    /// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}:{resource}",
            self.partition, self.region, self.id
        )
    }

    /// An ARN of a service without regions, such as IAM.
    pub(crate) fn global_arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}::{}:{resource}", self.partition, self.id)
    }

    /// The physical name of a resource that names none itself: stack, logical id and a fingerprint
    /// of both, as CloudFormation does it, but the same every time. Long logical ids are cut so
    /// that the limit holds.
    pub(crate) fn generated_name(&self, logical_id: &str, limit: usize) -> String {
        let ending = fingerprint(&format!("{}/{logical_id}", self.stack));
        let mut start = format!("{}-{logical_id}", self.stack);
        start.truncate(limit.saturating_sub(ending.len() + 1));
        format!("{start}-{ending}")
    }
}

/// Twelve capital letters and digits out of FNV-1a (64 bit).
fn fingerprint(text: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (0..12)
        .map(|index| char::from(ALPHABET[(hash >> (index * 5) & 31) as usize]))
        .collect()
}
