use std::cell::{Cell, RefCell};

use crate::stack::Position;
use crate::template::reader::error::{Problem, TemplateError, TemplateErrors};

/// Collects every error of one template, so that a reader sees all of them at once.
pub(in crate::template) struct Report {
    file: String,
    errors: RefCell<Vec<TemplateError>>,
    /// Bytes that functions have made so far.
    made: Cell<usize>,
}

/// The most that the functions of one template may make in all. What CloudFormation takes has a
/// megabyte; functions within functions double it with every level.
const MADE_BYTES_MAX: usize = 16 * 1024 * 1024;

impl Report {
    pub(in crate::template) fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            errors: RefCell::new(Vec::new()),
            made: Cell::new(0),
        }
    }

    /// An empty report about the same file.
    pub(in crate::template) fn aside(&self) -> Self {
        Self::new(&self.file)
    }

    pub(in crate::template) fn add(&self, position: Position, problem: Problem) {
        self.errors.borrow_mut().push(TemplateError {
            file: self.file.clone(),
            position,
            problem,
        });
    }

    /// Counts what a function makes; whether there is room for it. Where there is none, that is
    /// reported once.
    pub(in crate::template) fn makes(&self, position: Position, bytes: usize) -> bool {
        let before = self.made.get();
        self.made.set(before.saturating_add(bytes));
        let fits = self.made.get() <= MADE_BYTES_MAX;
        if !fits && before <= MADE_BYTES_MAX {
            let rule = format!("must not make more than {MADE_BYTES_MAX} bytes in all");
            self.invalid(position, "the functions of the template", &rule, "more");
        }
        fits
    }

    /// Adds a [`Problem::Unknown`].
    pub(in crate::template) fn unknown(
        &self,
        position: Position,
        kind: &'static str,
        name: &str,
        owner: &str,
        allowed: Vec<String>,
    ) {
        self.add(
            position,
            Problem::Unknown {
                kind,
                name: name.to_owned(),
                owner: owner.to_owned(),
                allowed,
            },
        );
    }

    /// Adds a [`Problem::WrongType`].
    pub(in crate::template) fn wrong_type(
        &self,
        position: Position,
        name: &str,
        expected: &str,
        found: String,
    ) {
        self.add(
            position,
            Problem::WrongType {
                name: name.to_owned(),
                expected: expected.to_owned(),
                found,
            },
        );
    }

    /// Adds a [`Problem::Invalid`].
    pub(in crate::template) fn invalid(
        &self,
        position: Position,
        name: &str,
        rule: &str,
        found: &str,
    ) {
        self.add(
            position,
            Problem::Invalid {
                name: name.to_owned(),
                rule: rule.to_owned(),
                found: found.to_owned(),
            },
        );
    }

    /// As [`Report::unknown`], unless something is reported at that place already.
    pub(in crate::template) fn unknown_unless_reported(
        &self,
        position: Position,
        kind: &'static str,
        name: &str,
        owner: &str,
    ) {
        let reported = self
            .errors
            .borrow()
            .iter()
            .any(|error| error.position == position);
        if !reported {
            self.unknown(position, kind, name, owner, Vec::new());
        }
    }

    pub(in crate::template) fn is_empty(&self) -> bool {
        self.errors.borrow().is_empty()
    }

    /// All errors in the order of the file, each once.
    pub(in crate::template) fn into_errors(self) -> TemplateErrors {
        let mut errors = self.errors.into_inner();
        errors.sort_by(|left, right| {
            (left.position, &left.problem).cmp(&(right.position, &right.problem))
        });
        errors.dedup();
        TemplateErrors::new(errors)
    }
}
