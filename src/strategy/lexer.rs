//! Cuts a strategy's text into tokens, each with its position.

use std::iter::Peekable;
use std::str::Chars;

use rust_decimal::Decimal;

use super::expression::Position;
use super::syntax_error::SyntaxError;

/// The smallest pieces of a strategy's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// `(`, `[` or `{`.
    Open(Bracket),
    /// `)`, `]` or `}`.
    Close(Bracket),
    /// A bare word.
    Symbol(String),
    /// A `:name` without its colon.
    Keyword(String),
    /// The content of a string, escapes resolved.
    Text(String),
    /// An exact decimal.
    Number(Decimal),
}

/// The three kinds of bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bracket {
    Round,
    Square,
    Curly,
}

impl Bracket {
    /// The character that opens it.
    pub(super) fn opener(self) -> char {
        match self {
            Bracket::Round => '(',
            Bracket::Square => '[',
            Bracket::Curly => '{',
        }
    }

    /// The character that closes it.
    pub(super) fn closer(self) -> char {
        match self {
            Bracket::Round => ')',
            Bracket::Square => ']',
            Bracket::Curly => '}',
        }
    }
}

/// A token and where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) position: Position,
}

impl Token {
    /// The token as it could be written in a file, for errors.
    pub(super) fn text(&self) -> String {
        match &self.kind {
            TokenKind::Open(bracket) => bracket.opener().to_string(),
            TokenKind::Close(bracket) => bracket.closer().to_string(),
            TokenKind::Symbol(name) => name.clone(),
            TokenKind::Keyword(name) => format!(":{name}"),
            TokenKind::Text(text) => format!("{text:?}"),
            TokenKind::Number(number) => number.to_string(),
        }
    }
}

/// Reads tokens from the front of the text.
pub(super) struct Lexer<'a> {
    characters: Peekable<Chars<'a>>,
    position: Position,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let position = Position { line: 1, column: 1 };
        Lexer {
            characters: source.chars().peekable(),
            position,
        }
    }

    /// The next token, or `None` at the end of the text.
    pub(super) fn next_token(&mut self) -> Result<Option<Token>, SyntaxError> {
        self.skip_blank();
        let position = self.position;
        let Some(&first) = self.characters.peek() else {
            return Ok(None);
        };
        let kind = match first {
            '(' => self.bracket(TokenKind::Open(Bracket::Round)),
            '[' => self.bracket(TokenKind::Open(Bracket::Square)),
            '{' => self.bracket(TokenKind::Open(Bracket::Curly)),
            ')' => self.bracket(TokenKind::Close(Bracket::Round)),
            ']' => self.bracket(TokenKind::Close(Bracket::Square)),
            '}' => self.bracket(TokenKind::Close(Bracket::Curly)),
            '"' => self.string(position)?,
            ':' => self.keyword(position)?,
            '0'..='9' => self.number(position)?,
            '+' | '-' if self.digit_follows() => self.number(position)?,
            _ if is_symbol_character(first) => {
                TokenKind::Symbol(self.take_while(is_symbol_character))
            }
            _ => {
                return Err(SyntaxError::UnexpectedCharacter {
                    position,
                    character: first,
                });
            }
        };
        Ok(Some(Token { kind, position }))
    }

    fn advance(&mut self) -> Option<char> {
        let character = self.characters.next()?;
        if character == '\n' {
            self.position.line += 1;
            self.position.column = 1;
        } else {
            self.position.column += 1;
        }
        Some(character)
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(&character) = self.characters.peek() {
            if !belongs(character) {
                break;
            }
            text.push(character);
            self.advance();
        }
        text
    }

    fn skip_blank(&mut self) {
        while let Some(&character) = self.characters.peek() {
            if character == ';' {
                self.take_while(|character| character != '\n');
            } else if character.is_whitespace() || character == ',' {
                self.advance();
            } else {
                return;
            }
        }
    }

    fn bracket(&mut self, kind: TokenKind) -> TokenKind {
        self.advance();
        kind
    }

    /// Whether the character after the next is a digit, which makes a sign part of a number.
    fn digit_follows(&self) -> bool {
        let mut ahead = self.characters.clone();
        ahead.next();
        ahead
            .next()
            .is_some_and(|character| character.is_ascii_digit())
    }

    fn string(&mut self, start: Position) -> Result<TokenKind, SyntaxError> {
        self.advance();
        let mut text = String::new();
        loop {
            let position = self.position;
            match self.advance() {
                None => {
                    return Err(SyntaxError::UnterminatedString {
                        position: start,
                        text: begin_of(&text),
                    });
                }
                Some('"') => return Ok(TokenKind::Text(text)),
                Some('\\') => text.push(self.escape(position, start, &text)?),
                Some(character) => text.push(character),
            }
        }
    }

    fn escape(
        &mut self,
        position: Position,
        start: Position,
        read: &str,
    ) -> Result<char, SyntaxError> {
        match self.advance() {
            Some(character @ ('"' | '\\' | '/')) => Ok(character),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some(character) => Err(SyntaxError::UnknownEscape {
                position,
                character,
            }),
            None => Err(SyntaxError::UnterminatedString {
                position: start,
                text: begin_of(read),
            }),
        }
    }

    fn keyword(&mut self, position: Position) -> Result<TokenKind, SyntaxError> {
        self.advance();
        let name = self.take_while(|character| !ends_word(character));
        let starts_well =
            name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        let goes_on_well = name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-'));
        if starts_well && goes_on_well {
            Ok(TokenKind::Keyword(name))
        } else {
            Err(SyntaxError::BadKeyword {
                position,
                text: begin_of(&format!(":{name}")),
            })
        }
    }

    fn number(&mut self, position: Position) -> Result<TokenKind, SyntaxError> {
        let text = self.take_while(|character| !ends_word(character));
        if !is_number(&text) {
            return Err(SyntaxError::BadNumber {
                position,
                text: begin_of(&text),
            });
        }
        let unsigned = text.strip_prefix('+').unwrap_or(&text);
        Decimal::from_str_exact(unsigned)
            .map(TokenKind::Number)
            .map_err(|_| SyntaxError::NumberOutOfRange {
                position,
                text: begin_of(&text),
            })
    }
}

fn is_symbol_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_-><=!?+*/".contains(character)
}

/// Whether a character ends the number or keyword before it.
fn ends_word(character: char) -> bool {
    character.is_whitespace() || ",;()[]{}\"".contains(character)
}

/// Whether the text is an optional sign, digits, and optionally a point with more digits.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(whole) && is_digits(fraction)
}

/// The first characters of a text's first line: enough to find it, short enough for one line of an
/// error.
fn begin_of(text: &str) -> String {
    text.lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(40)
        .collect()
}
