//! Reads the text of a strategy into an [`Expression`] (rules.md 5.1).

use super::expression::{Expression, ExpressionKind, Position};
use super::lexer::{Bracket, Lexer, Token, TokenKind};
use super::syntax_error::{NESTING_MAX, SOURCE_BYTES_MAX, SyntaxError};

/// Reads one strategy.
///
/// The text holds exactly one expression; commas are blank and `;` starts a comment. See the
/// [module page](super) for the language.
///
/// # Errors
/// [`SyntaxError`] names the first offending place.
pub fn parse(source: &str) -> Result<Expression, SyntaxError> {
    if source.len() > SOURCE_BYTES_MAX {
        return Err(SyntaxError::TooLarge {
            bytes: source.len(),
        });
    }
    let mut parser = Parser {
        lexer: Lexer::new(source),
        depth: 0,
    };
    let Some(first) = parser.lexer.next_token()? else {
        return Err(SyntaxError::Empty);
    };
    let expression = parser.expression(first)?;
    match parser.lexer.next_token()? {
        None => Ok(expression),
        Some(token) => Err(SyntaxError::UnexpectedTokens {
            position: token.position,
            text: token.text(),
        }),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// Brackets open at this point.
    depth: usize,
}

impl Parser<'_> {
    /// The expression that starts with `token`.
    fn expression(&mut self, token: Token) -> Result<Expression, SyntaxError> {
        let position = token.position;
        let kind = match token.kind {
            TokenKind::Symbol(name) => ExpressionKind::Symbol(name),
            TokenKind::Keyword(name) => ExpressionKind::Keyword(name),
            TokenKind::Text(text) => ExpressionKind::Text(text),
            TokenKind::Number(number) => ExpressionKind::Number(number),
            TokenKind::Close(bracket) => {
                return Err(SyntaxError::UnexpectedCloser {
                    position,
                    found: bracket.closer(),
                });
            }
            TokenKind::Open(bracket) => self.bracketed(position, bracket)?,
        };
        Ok(Expression { position, kind })
    }

    fn bracketed(
        &mut self,
        opened: Position,
        bracket: Bracket,
    ) -> Result<ExpressionKind, SyntaxError> {
        if self.depth == NESTING_MAX {
            return Err(SyntaxError::TooDeep { position: opened });
        }
        self.depth += 1;
        let mut children = Vec::new();
        while let Some(token) = self.child(opened, bracket)? {
            children.push(self.expression(token)?);
        }
        self.depth -= 1;
        match bracket {
            Bracket::Round | Bracket::Square => Ok(ExpressionKind::List(children)),
            Bracket::Curly => pairs(opened, children),
        }
    }

    /// The token that starts the bracket's next child, or `None` once the bracket is closed.
    fn child(&mut self, opened: Position, bracket: Bracket) -> Result<Option<Token>, SyntaxError> {
        let opener = bracket.opener();
        let expected = bracket.closer();
        match self.lexer.next_token()? {
            None => Err(SyntaxError::MissingCloser {
                position: opened,
                opener,
                expected,
            }),
            Some(Token {
                kind: TokenKind::Close(found),
                position,
            }) if found != bracket => Err(SyntaxError::WrongCloser {
                position,
                found: found.closer(),
                opener,
                opened,
                expected,
            }),
            Some(Token {
                kind: TokenKind::Close(_),
                ..
            }) => Ok(None),
            Some(token) => Ok(Some(token)),
        }
    }
}

/// A map's children as pairs of key and value.
fn pairs(opened: Position, children: Vec<Expression>) -> Result<ExpressionKind, SyntaxError> {
    let count = children.len();
    let mut entries = Vec::with_capacity(count / 2);
    let mut children = children.into_iter();
    while let Some(key) = children.next() {
        match children.next() {
            Some(value) => entries.push((key, value)),
            None => {
                return Err(SyntaxError::OddMap {
                    position: opened,
                    entries: count,
                    last: key.excerpt(),
                });
            }
        }
    }
    Ok(ExpressionKind::Map(entries))
}
