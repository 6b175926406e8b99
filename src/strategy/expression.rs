//! The tree a strategy file is read into; every node knows where it stands in the file.

use std::fmt::{self, Write as _};

use rust_decimal::Decimal;

/// Longest excerpt of a strategy shown in an error or a trace, in characters.
const EXCERPT_CHARACTERS_MAX: usize = 80;

/// A place in a strategy file, counted as editors do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, the first is 1.
    pub line: u32,
    /// Column in characters (not bytes), the first is 1; a tab is one column.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// One node of a parsed strategy.
///
/// `Display` writes it back on one line, with `( )` for lists that call a function and `[ ]` for
/// the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// Where the node's first character stands.
    pub position: Position,
    /// What the node is.
    pub kind: ExpressionKind,
}

/// What a node can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpressionKind {
    /// A bare word, such as `weight-equal` or `>`.
    Symbol(String),
    /// A `:name`, stored without its colon.
    Keyword(String),
    /// A string in double quotes, with its escapes resolved.
    Text(String),
    /// An exact decimal number.
    Number(Decimal),
    /// `(...)` or `[...]`: a call if the first child is a symbol, otherwise a list of values.
    List(Vec<Expression>),
    /// `{key value ...}`, in the order of the file.
    Map(Vec<(Expression, Expression)>),
}

impl Expression {
    /// The function's name and its arguments, if this node is a call.
    pub fn as_call(&self) -> Option<(&str, &[Expression])> {
        let ExpressionKind::List(children) = &self.kind else {
            return None;
        };
        let (head, arguments) = children.split_first()?;
        match &head.kind {
            ExpressionKind::Symbol(name) => Some((name, arguments)),
            _ => None,
        }
    }

    /// The content, if this node is a string.
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            ExpressionKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The node on one line, cut after 80 characters, for errors and traces.
    pub fn excerpt(&self) -> String {
        let mut excerpt = Excerpt::default();
        // The excerpt refuses further text once it is full; a cut is then what was asked for, not a
        // failure.
        if write!(excerpt, "{self}").is_err() {
            excerpt.text.push_str(" ...");
        }
        excerpt.text
    }
}

/// Text that refuses to grow beyond the excerpt limit, so that a 10 MB node is not written out to
/// be cut.
#[derive(Default)]
struct Excerpt {
    text: String,
    characters: usize,
}

impl fmt::Write for Excerpt {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        for character in piece.chars() {
            if self.characters == EXCERPT_CHARACTERS_MAX {
                return Err(fmt::Error);
            }
            self.text.push(character);
            self.characters += 1;
        }
        Ok(())
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExpressionKind::Symbol(name) => formatter.write_str(name),
            ExpressionKind::Keyword(name) => write!(formatter, ":{name}"),
            ExpressionKind::Text(text) => write_string(formatter, text),
            ExpressionKind::Number(number) => write!(formatter, "{number}"),
            ExpressionKind::List(children) => {
                let (open, close) = if self.as_call().is_some() {
                    ('(', ')')
                } else {
                    ('[', ']')
                };
                formatter.write_char(open)?;
                write_spaced(formatter, children.iter())?;
                formatter.write_char(close)
            }
            ExpressionKind::Map(entries) => {
                formatter.write_char('{')?;
                write_spaced(
                    formatter,
                    entries.iter().flat_map(|(key, value)| [key, value]),
                )?;
                formatter.write_char('}')
            }
        }
    }
}

/// Writes a string with the escapes that the language has.
fn write_string(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    formatter.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => formatter.write_str("\\\"")?,
            '\\' => formatter.write_str("\\\\")?,
            '\n' => formatter.write_str("\\n")?,
            '\r' => formatter.write_str("\\r")?,
            '\t' => formatter.write_str("\\t")?,
            other => formatter.write_char(other)?,
        }
    }
    formatter.write_char('"')
}

/// Writes the nodes with one space between them.
fn write_spaced<'a>(
    formatter: &mut fmt::Formatter<'_>,
    nodes: impl Iterator<Item = &'a Expression>,
) -> fmt::Result {
    for (index, node) in nodes.enumerate() {
        if index > 0 {
            formatter.write_char(' ')?;
        }
        write!(formatter, "{node}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::strategy::parse;

    #[test]
    fn is_written_back_on_one_line() {
        let source = "(if (> (rsi \"SPY\" {:window 10})\n 79.5) ; hot\n [(asset \"UVXY\" nil)])";
        let expression = parse(source).unwrap();
        assert_eq!(
            expression.to_string(),
            "(if (> (rsi \"SPY\" {:window 10}) 79.5) [(asset \"UVXY\" nil)])"
        );
    }

    #[test]
    fn excerpt_of_a_long_node_is_cut() {
        let source = format!("[{}]", "\"A\" ".repeat(1000));
        let excerpt = parse(&source).unwrap().excerpt();
        assert_eq!(excerpt.chars().count(), 84);
        assert!(excerpt.ends_with(" ..."), "{excerpt}");
    }
}
