//! What the parsers of all expressions share: the tokens, their errors, and paths.

use super::error::Flaw;
use super::path::{Path, Step};
use super::reserved::is_reserved;
use super::token::{Kind, Token, syntax_error, tokens};
use std::sync::Arc;

/// How long an expression may be, in bytes.
const MOST_BYTES: usize = 4096;

/// How many operators and functions an expression may have.
const MOST_OPERATORS: usize = 300;

/// How deep an expression may be nested. Each level takes an operator or a function, since
/// parentheses alone are redundant: so what goes deeper has too many operators, or is not closed.
const MOST_LEVELS: usize = MOST_OPERATORS;

/// A name in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    /// The name of an attribute.
    Attribute(Arc<str>),
    /// A placeholder, `#name`.
    Placeholder(Arc<str>),
}

/// The names and the value placeholders of an expression, in the order of its text. A place in the
/// tree of the expression refers to them by their number, the slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Symbols {
    pub names: Vec<Symbol>,
    pub values: Vec<Arc<str>>,
}

/// A text that is being parsed.
pub(super) struct Parser<'a> {
    pub text: &'a str,
    pub tokens: Vec<Token>,
    pub symbols: Symbols,
    keywords: &'static [&'static str],
    next: usize,
    operators: usize,
    level: usize,
    /// The first reserved word that names an attribute. It is told only if the text has no error
    /// of syntax.
    pub reserved: Option<Flaw>,
}

impl<'a> Parser<'a> {
    /// A parser of a text in which `keywords` name no attributes.
    pub fn new(text: &'a str, keywords: &'static [&'static str]) -> Result<Parser<'a>, Flaw> {
        if text.is_empty() {
            return Err(Flaw::Empty);
        }
        if text.len() > MOST_BYTES {
            return Err(Flaw::TooLong(text.len()));
        }
        Ok(Parser {
            text,
            tokens: tokens(text),
            symbols: Symbols::default(),
            keywords,
            next: 0,
            operators: 0,
            level: 0,
            reserved: None,
        })
    }

    /// The text of a token.
    fn slice(&self, token: Token) -> &'a str {
        &self.text[token.start..token.end]
    }

    pub fn peek(&self) -> Option<Token> {
        self.tokens.get(self.next).copied()
    }

    pub fn at_end(&self) -> bool {
        self.next >= self.tokens.len()
    }

    /// The syntax error of the next token.
    pub fn unexpected(&self) -> Flaw {
        syntax_error(self.text, &self.tokens, self.next)
    }

    /// Takes the next token if it is this symbol.
    pub fn take(&mut self, symbol: &str) -> bool {
        let found = self.peek().is_some_and(|token| self.slice(token) == symbol);
        self.next += usize::from(found);
        found
    }

    /// Takes the next token, which must be this symbol.
    pub fn expect(&mut self, symbol: &str) -> Result<(), Flaw> {
        if self.take(symbol) {
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    /// Whether the next token is this keyword, in any case.
    pub fn is_at(&self, keyword: &str) -> bool {
        self.peek().is_some_and(|token| {
            token.kind == Kind::Word && self.slice(token).eq_ignore_ascii_case(keyword)
        })
    }

    /// Takes the next token if it is this keyword, in any case.
    pub fn take_keyword(&mut self, keyword: &str) -> bool {
        let found = self.is_at(keyword);
        self.next += usize::from(found);
        found
    }

    /// Takes the next token if it is one of these symbols.
    pub fn take_any<T: Copy>(&mut self, symbols: &[(&str, T)]) -> Option<T> {
        let text = self.slice(self.peek()?);
        let (_, meaning) = symbols.iter().find(|(symbol, _)| *symbol == text)?;
        self.next += 1;
        Some(*meaning)
    }

    /// Takes a value placeholder, and gives its slot.
    pub fn take_value(&mut self) -> Option<u32> {
        let token = self.peek().filter(|token| token.kind == Kind::Value)?;
        self.next += 1;
        self.symbols.values.push(Arc::from(self.slice(token)));
        Some(slot(self.symbols.values.len()))
    }

    /// Takes the name of a function and the parenthesis behind it.
    pub fn take_function(&mut self) -> Option<&'a str> {
        let token = self.peek().filter(|token| token.kind == Kind::Word)?;
        let behind = self.tokens.get(self.next + 1)?;
        let name = self.slice(token);
        if self.slice(*behind) != "(" || self.is_keyword(name) {
            return None;
        }
        self.next += 2;
        Some(name)
    }

    /// Takes a path.
    pub fn path(&mut self) -> Result<Path, Flaw> {
        let steps = vec![self.name()?];
        self.path_behind(steps)
    }

    /// Takes what follows the first steps of a path, if anything does.
    pub fn path_behind(&mut self, mut steps: Vec<Step>) -> Result<Path, Flaw> {
        loop {
            if self.take(".") {
                steps.push(self.name()?);
            } else if self.take("[") {
                steps.push(self.index()?);
                self.expect("]")?;
            } else {
                return Path::new(steps);
            }
        }
    }

    fn name(&mut self) -> Result<Step, Flaw> {
        let Some(token) = self.peek() else {
            return Err(self.unexpected());
        };
        let text = self.slice(token);
        let symbol = match token.kind {
            Kind::Name => Symbol::Placeholder(Arc::from(text)),
            Kind::Word if !self.is_keyword(text) => {
                if self.reserved.is_none() && is_reserved(text) {
                    self.reserved = Some(Flaw::Reserved(text.to_string()));
                }
                Symbol::Attribute(Arc::from(text))
            }
            _ => return Err(self.unexpected()),
        };
        self.next += 1;
        self.symbols.names.push(symbol);
        Ok(Step::Name(slot(self.symbols.names.len())))
    }

    fn index(&mut self) -> Result<Step, Flaw> {
        let token = self.peek().filter(|token| token.kind == Kind::Index);
        let Some(token) = token else {
            return Err(self.unexpected());
        };
        self.next += 1;
        let text = self.slice(token);
        match text.parse::<i32>() {
            Ok(index) => Ok(Step::Index(index.unsigned_abs())),
            Err(_) => Err(Flaw::IndexOutOfRange(text.to_string())),
        }
    }

    fn is_keyword(&self, word: &str) -> bool {
        self.keywords
            .iter()
            .any(|keyword| keyword.eq_ignore_ascii_case(word))
    }

    /// Counts an operator or a function.
    pub fn count_operator(&mut self) -> Result<(), Flaw> {
        self.operators += 1;
        if self.operators > MOST_OPERATORS {
            return Err(Flaw::TooManyOperators(self.operators));
        }
        Ok(())
    }

    /// Goes one level deeper.
    pub fn enter(&mut self) -> Result<(), Flaw> {
        self.level += 1;
        if self.level > MOST_LEVELS {
            return Err(syntax_error(self.text, &self.tokens, self.tokens.len()));
        }
        Ok(())
    }

    /// Comes back from a deeper level.
    pub fn leave(&mut self) {
        self.level -= 1;
    }
}

/// The slot of the symbol that came as the `count`th.
fn slot(count: usize) -> u32 {
    // An expression of 4096 bytes has fewer symbols than that.
    u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX)
}
