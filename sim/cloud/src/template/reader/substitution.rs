/// A piece of the text of `Fn::Sub`.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::template) enum Piece<'a> {
    /// Text that stays as it is.
    Literal(&'a str),
    /// `${!name}`, which stands for the text `${name}`.
    Escaped(&'a str),
    /// `${name}` or `${resource.attribute}`.
    Name(&'a str),
}

/// Takes the text of `Fn::Sub` apart. A `${` without its `}` is literal.
pub(in crate::template) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((start, end)) = rest
        .find("${")
        .and_then(|start| Some((start, start + rest[start..].find('}')?)))
    {
        if start > 0 {
            pieces.push(Piece::Literal(&rest[..start]));
        }
        let name = rest[start + 2..end].trim();
        pieces.push(
            name.strip_prefix('!')
                .map_or(Piece::Name(name), Piece::Escaped),
        );
        rest = &rest[end + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_and_escapes_apart() {
        let expected = vec![
            Piece::Literal("a-"),
            Piece::Name("B.Arn"),
            Piece::Escaped("C"),
            Piece::Literal("${d"),
        ];
        assert_eq!(pieces("a-${B.Arn}${!C}${d"), expected);
    }
}
