use http::HeaderMap;

/// The credential scope of a signed request: whose key signed it, for which region and service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialScope {
    /// The access key id.
    pub access_key: String,
    /// Such as `us-east-1`.
    pub region: String,
    /// The service's signing name, such as `events`.
    pub service: String,
}

impl CredentialScope {
    /// Reads the header `Authorization` of Signature Version 4:
    /// `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...`.
    #[must_use]
    pub fn read(headers: &HeaderMap) -> Option<Self> {
        let header = headers.get("authorization")?.to_str().ok()?;
        let (_, rest) = header.split_once("Credential=")?;
        let mut parts = rest.split([',', ' ']).next()?.split('/');
        let (access_key, _date) = (parts.next()?, parts.next()?);
        Some(Self {
            access_key: access_key.to_owned(),
            region: parts.next()?.to_owned(),
            service: parts.next()?.to_owned(),
        })
    }

    /// The account that the access key stands for: local clouds take a key of twelve digits for
    /// the number of an account.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        let key = self.access_key.as_str();
        let is_number = key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_scope_of_a_signature() {
        let mut headers = HeaderMap::new();
        assert_eq!(CredentialScope::read(&headers), None);
        let header = "AWS4-HMAC-SHA256 Credential=000011112222/20120314/eu-west-1/sns/aws4_request, SignedHeaders=host, Signature=ab";
        headers.insert("authorization", header.parse().expect("a header"));
        let scope = CredentialScope::read(&headers).expect("a scope");
        assert_eq!(
            (scope.region.as_str(), scope.service.as_str()),
            ("eu-west-1", "sns")
        );
        assert_eq!(scope.account(), Some("000011112222"));
    }
}
