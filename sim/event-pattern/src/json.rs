//! A pulling JSON reader that reports errors and positions as Jackson does.
//!
//! Jackson's habits matter because AWS's messages show its positions. A field name is read together
//! with the beginning of its value: whole numbers and words, but only the opening quote of a
//! string. A string's rest is read when somebody asks for its text.

use std::borrow::Cow;

use super::error::Reason;
use super::location;

/// Objects and arrays that may be open at once, as Jackson limits them.
const DEPTH_MAX: usize = 1000;

/// One token. The text of names and strings is kept by the reader.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    StartObject,
    EndObject,
    StartArray,
    EndArray,
    /// A field name, see [`JsonReader::name`].
    Name,
    /// A string, see [`JsonReader::string`].
    String,
    /// A number as it is spelled.
    Number(&'a str),
    True,
    False,
    Null,
    /// The text is over and nothing is open.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum ScopeKind {
    Object,
    Array,
}

#[derive(Debug)]
struct Scope {
    kind: ScopeKind,
    /// Where its opening marker stands.
    start: usize,
    /// Whether an entry was begun, so that the next needs a comma.
    has_entries: bool,
}

/// Reads one document from front to back.
#[derive(Debug)]
pub(super) struct JsonReader<'a> {
    pub(super) text: &'a str,
    /// The next byte to read.
    pub(super) at: usize,
    scopes: Vec<Scope>,
    /// The value that was begun with the last field name, and where it starts.
    ahead: Option<(Token<'a>, usize)>,
    /// The current string is open: its closing quote is not read.
    string_open: bool,
    name: Cow<'a, str>,
}

impl<'a> JsonReader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        JsonReader {
            text,
            at: 0,
            scopes: Vec::new(),
            ahead: None,
            string_open: false,
            name: Cow::Borrowed(""),
        }
    }

    /// The last field name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The text of the string token just read. Ask once per token.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Reason> {
        self.string_open = false;
        self.scan_string(
            "string value",
            ": was expecting closing quote for a string value",
        )
    }

    /// The spelling of a token, as error messages quote it.
    pub(super) fn spelling(&mut self, token: Token<'a>) -> Result<Cow<'a, str>, Reason> {
        Ok(match token {
            Token::StartObject => Cow::Borrowed("{"),
            Token::EndObject => Cow::Borrowed("}"),
            Token::StartArray => Cow::Borrowed("["),
            Token::EndArray => Cow::Borrowed("]"),
            Token::Name => self.name.clone(),
            Token::String => self.string()?,
            Token::Number(text) => Cow::Borrowed(text),
            Token::True => Cow::Borrowed("true"),
            Token::False => Cow::Borrowed("false"),
            Token::Null | Token::End => Cow::Borrowed("null"),
        })
    }

    /// The spelling of the value behind the field name just read. The reader stands behind it then.
    pub(super) fn raw_value(&mut self) -> Result<&'a str, Reason> {
        let start = self.ahead.as_ref().map_or(self.at, |(_, start)| *start);
        let mut open = 0_usize;
        loop {
            match self.next()? {
                Token::StartObject | Token::StartArray => open += 1,
                Token::EndObject | Token::EndArray => open -= 1,
                Token::String => drop(self.string()?),
                Token::Name
                | Token::Number(_)
                | Token::True
                | Token::False
                | Token::Null
                | Token::End => {}
            }
            if open == 0 {
                return Ok(&self.text[start..self.at]);
            }
        }
    }

    /// An error at the current position.
    pub(super) fn fail<T>(&self, reason: impl AsRef<str>) -> Result<T, Reason> {
        Err(self.located(reason.as_ref(), self.at))
    }

    /// Adds a position to a text, which may have one already.
    pub(super) fn located(&self, reason: &str, at: usize) -> Reason {
        Reason(format!(
            "{reason}\n at {}",
            location::describe(self.text, at)
        ))
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token<'a>, Reason> {
        if let Some((token, start)) = self.ahead.take() {
            self.enter(token, start)?;
            return Ok(token);
        }
        if self.string_open {
            self.string()?;
        }
        let Some(mut byte) = self.skip_whitespace() else {
            return self.end_of_text();
        };
        if byte == b']' || byte == b'}' {
            return self.close_scope(byte);
        }
        if self.begin_entry() {
            byte = self.expect_comma(byte)?;
        }
        if self
            .scopes
            .last()
            .is_some_and(|scope| scope.kind == ScopeKind::Object)
        {
            return self.read_name(byte);
        }
        if byte == b'}' {
            return self.fail_character('}', "expected a value");
        }
        let start = self.at - 1;
        let token = self.read_value(byte)?;
        self.enter(token, start)?;
        Ok(token)
    }

    /// Skips white space and consumes one byte behind it; `None` at the end of the text.
    fn skip_whitespace(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.as_bytes().get(self.at) {
            self.at += 1;
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(*byte);
            }
        }
        None
    }

    fn end_of_text(&self) -> Result<Token<'a>, Reason> {
        let Some(scope) = self.scopes.last() else {
            return Ok(Token::End);
        };
        let start = location::describe(self.text, scope.start);
        let kind = scope.kind.describe();
        self.fail(format!(
            "Unexpected end-of-input: expected close marker for {kind} (start marker at {start})"
        ))
    }

    fn enter(&mut self, token: Token<'a>, start: usize) -> Result<(), Reason> {
        let kind = match token {
            Token::StartObject => ScopeKind::Object,
            Token::StartArray => ScopeKind::Array,
            Token::String => {
                self.string_open = true;
                return Ok(());
            }
            _ => return Ok(()),
        };
        if self.scopes.len() >= DEPTH_MAX {
            let depth = DEPTH_MAX + 1;
            return self.fail(format!(
                "Document nesting depth ({depth}) exceeds the maximum allowed ({DEPTH_MAX}, \
                 from `StreamReadConstraints.getMaxNestingDepth()`)"
            ));
        }
        self.scopes.push(Scope {
            kind,
            start,
            has_entries: false,
        });
        Ok(())
    }

    fn close_scope(&mut self, marker: u8) -> Result<Token<'a>, Reason> {
        let (kind, token) = match marker {
            b']' => (ScopeKind::Array, Token::EndArray),
            _ => (ScopeKind::Object, Token::EndObject),
        };
        if self.scopes.last().is_some_and(|scope| scope.kind == kind) {
            self.scopes.pop();
            return Ok(token);
        }
        let expected = if marker == b']' { '}' } else { ']' };
        let (name, start) = match self.scopes.last() {
            Some(scope) => (
                scope.kind.describe(),
                location::describe(self.text, scope.start),
            ),
            None => ("root", location::describe_root(self.text)),
        };
        let marker = char::from(marker);
        self.fail(format!("Unexpected close marker '{marker}': expected '{expected}' (for {name} starting at {start})"))
    }

    /// Notes that an entry begins; says whether a comma must stand before it.
    fn begin_entry(&mut self) -> bool {
        match self.scopes.last_mut() {
            Some(scope) => std::mem::replace(&mut scope.has_entries, true),
            None => false,
        }
    }

    fn scope_name(&self) -> &'static str {
        self.scopes
            .last()
            .map_or("root", |scope| scope.kind.describe())
    }

    fn expect_comma(&mut self, byte: u8) -> Result<u8, Reason> {
        if byte != b',' {
            let comment = format!(
                "was expecting comma to separate {} entries",
                self.scope_name()
            );
            return self.fail_unexpected(&comment);
        }
        self.byte_between_entries()
    }

    fn byte_between_entries(&mut self) -> Result<u8, Reason> {
        match self.skip_whitespace() {
            Some(byte) => Ok(byte),
            None => self.fail(format!(
                "Unexpected end-of-input within/between {} entries",
                self.scope_name()
            )),
        }
    }

    fn read_name(&mut self, byte: u8) -> Result<Token<'a>, Reason> {
        if byte != b'"' {
            return self.fail_unexpected("was expecting double-quote to start field name");
        }
        self.name = self.scan_string("name", " in field name")?;
        if self.byte_between_entries()? != b':' {
            return self.fail_unexpected("was expecting a colon to separate field name and value");
        }
        let byte = self.byte_between_entries()?;
        let start = self.at - 1;
        let value = self.read_value(byte)?;
        self.ahead = Some((value, start));
        Ok(Token::Name)
    }

    /// The current character, whose first byte is consumed, has no place here.
    pub(super) fn fail_unexpected<T>(&mut self, comment: &str) -> Result<T, Reason> {
        self.at -= 1;
        let character = self.text[self.at..].chars().next().unwrap_or('\0');
        self.at += 1;
        self.fail_character(character, comment)
    }

    /// As [`Self::fail_unexpected`] where the character is known; the position is that of the
    /// character.
    pub(super) fn fail_character<T>(&self, character: char, comment: &str) -> Result<T, Reason> {
        let described = describe_character(character);
        Err(self.located(
            &format!("Unexpected character ({described}): {comment}"),
            self.at - 1,
        ))
    }
}

impl ScopeKind {
    fn describe(self) -> &'static str {
        match self {
            ScopeKind::Object => "Object",
            ScopeKind::Array => "Array",
        }
    }
}

/// A character as Jackson's messages describe it.
pub(super) fn describe_character(character: char) -> String {
    let code = u32::from(character);
    if character.is_control() {
        format!("(CTRL-CHAR, code {code})")
    } else if code > 255 {
        format!("'{character}' (code {code} / 0x{code:x})")
    } else {
        format!("'{character}' (code {code})")
    }
}
