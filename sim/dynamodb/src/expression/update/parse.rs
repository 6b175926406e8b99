//! The grammar of updates. Errors of syntax come first; then, for the whole text, those of reserved
//! words, of functions and of sections.

use super::super::condition;
use super::super::error::Flaw;
use super::super::parser::Parser;
use super::{Action, Function, Sign, Term, Update};

/// Words that name no attributes in an update.
const KEYWORDS: &[&str] = &["SET", "REMOVE", "ADD", "DELETE"];

/// A parser of updates, with the first error of each kind that the syntax allows.
struct Grammar<'a> {
    parser: Parser<'a>,
    actions: Vec<Action>,
    function: Option<Flaw>,
    section: Option<Flaw>,
}

impl Update {
    /// Parses a text.
    pub fn parse(text: &str) -> Result<Update, Flaw> {
        let parser = Parser::new(text, KEYWORDS)?;
        let mut grammar = Grammar {
            parser,
            actions: Vec::new(),
            function: None,
            section: None,
        };
        let mut seen: Vec<&str> = Vec::with_capacity(KEYWORDS.len());
        loop {
            let section = KEYWORDS
                .iter()
                .find(|word| grammar.parser.take_keyword(word));
            let Some(section) = section else {
                return Err(grammar.parser.unexpected());
            };
            if seen.contains(section) {
                grammar
                    .section
                    .get_or_insert(Flaw::RepeatedSection(section));
            }
            seen.push(section);
            grammar.section(section)?;
            if grammar.parser.at_end() {
                break;
            }
        }
        let Grammar {
            parser,
            actions,
            function,
            section,
        } = grammar;
        match parser.reserved.or(function).or(section) {
            Some(flaw) => Err(flaw),
            None => Ok(Update {
                actions,
                symbols: parser.symbols,
            }),
        }
    }
}

impl Grammar<'_> {
    fn section(&mut self, section: &str) -> Result<(), Flaw> {
        loop {
            let path = self.parser.path()?;
            let action = match section {
                "SET" => {
                    self.parser.expect("=")?;
                    Action::Set(path, self.sum()?)
                }
                "REMOVE" => Action::Remove(path),
                "ADD" => Action::Add(path, self.value()?),
                _ => Action::Delete(path, self.value()?),
            };
            self.actions.push(action);
            if !self.parser.take(",") {
                return Ok(());
            }
        }
    }

    fn value(&mut self) -> Result<u32, Flaw> {
        match self.parser.take_value() {
            Some(slot) => Ok(slot),
            None => Err(self.parser.unexpected()),
        }
    }

    /// One term, or two with a sign between them.
    fn sum(&mut self) -> Result<Term, Flaw> {
        let left = self.term()?;
        let signs = [("+", Sign::Plus), ("-", Sign::Minus)];
        let Some(sign) = self.parser.take_any(&signs) else {
            return Ok(left);
        };
        self.parser.count_operator()?;
        let right = self.term()?;
        Ok(Term::Sum(sign, Box::new([left, right])))
    }

    fn term(&mut self) -> Result<Term, Flaw> {
        if self.parser.take("(") {
            self.parser.enter()?;
            let inner = self.sum()?;
            self.parser.leave();
            self.parser.expect(")")?;
            return Ok(inner);
        }
        if let Some(slot) = self.parser.take_value() {
            return Ok(Term::Value(slot));
        }
        let Some(name) = self.parser.take_function() else {
            return self.parser.path().map(Term::Path);
        };
        self.parser.count_operator()?;
        self.parser.enter()?;
        let mut arguments = vec![self.term()?];
        while self.parser.take(",") {
            arguments.push(self.term()?);
        }
        self.parser.leave();
        self.parser.expect(")")?;
        Ok(self.call(name, arguments))
    }

    fn call(&mut self, name: &str, arguments: Vec<Term>) -> Term {
        let function = match name {
            "if_not_exists" => Function::IfNotExists,
            "list_append" => Function::ListAppend,
            _ => {
                self.function
                    .get_or_insert(match condition::function_named(name) {
                        Some(name) => Flaw::NotInUpdates(name),
                        None => Flaw::UnknownFunction(name.to_string()),
                    });
                // The tree of an expression with an unknown function is never used.
                Function::ListAppend
            }
        };
        let nested = |argument: &Term| matches!(argument, Term::Call(Function::ListAppend, _));
        if arguments.iter().any(nested) {
            self.function
                .get_or_insert(Flaw::MisusedFunction(Function::ListAppend.name()));
        }
        Term::Call(function, arguments)
    }
}
