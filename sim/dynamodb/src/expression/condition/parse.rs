//! The grammar of conditions. Errors of syntax come first; then, for the whole text, those of
//! parentheses, of functions and of reserved words.

use super::super::error::Flaw;
use super::super::parser::Parser;
use super::super::token::has_redundant_parentheses;
use super::super::update;
use super::{Comparator, Condition, Function, Operand, Test};

/// Words that name no attributes in a condition.
const KEYWORDS: &[&str] = &["AND", "OR", "NOT", "BETWEEN", "IN"];

const COMPARATORS: [(&str, Comparator); 6] = [
    ("=", Comparator::Equal),
    ("<>", Comparator::NotEqual),
    ("<", Comparator::Less),
    ("<=", Comparator::LessOrEqual),
    (">", Comparator::Greater),
    (">=", Comparator::GreaterOrEqual),
];

/// What parentheses may hold: it is told only behind them whether an operand or a test is wanted.
enum Node {
    Test(Box<Test>),
    Operand(Operand),
}

/// A parser of conditions, with the first error of each kind that the syntax allows.
struct Grammar<'a> {
    parser: Parser<'a>,
    unknown: Option<Flaw>,
    misused: Option<Flaw>,
}

impl Condition {
    /// Parses a text.
    pub fn parse(text: &str) -> Result<Condition, Flaw> {
        let mut grammar = Grammar {
            parser: Parser::new(text, KEYWORDS)?,
            unknown: None,
            misused: None,
        };
        let node = grammar.connected(false)?;
        let test = grammar.test(node)?;
        if !grammar.parser.at_end() {
            return Err(grammar.parser.unexpected());
        }
        let Grammar {
            parser,
            unknown,
            misused,
        } = grammar;
        if has_redundant_parentheses(text, &parser.tokens) {
            return Err(Flaw::RedundantParentheses);
        }
        match unknown.or(misused).or(parser.reserved) {
            Some(flaw) => Err(flaw),
            None => Ok(Condition {
                test: *test,
                symbols: parser.symbols,
            }),
        }
    }
}

impl Grammar<'_> {
    /// Comparisons that `AND` and `OR` connect. `AND` binds closer: after it, `within_and`, no `OR`
    /// is taken.
    fn connected(&mut self, within_and: bool) -> Result<Node, Flaw> {
        let mut left = self.negated()?;
        loop {
            let is_or = self.parser.is_at("OR");
            if !is_or && !self.parser.is_at("AND") || is_or && within_and {
                return Ok(left);
            }
            let test = self.test(left)?;
            self.parser.take_keyword(if is_or { "OR" } else { "AND" });
            self.parser.count_operator()?;
            let right = if is_or {
                self.connected(true)?
            } else {
                self.negated()?
            };
            let right = self.test(right)?;
            let test = if is_or {
                Test::Or(test, right)
            } else {
                Test::And(test, right)
            };
            left = Node::Test(Box::new(test));
        }
    }

    /// A comparison behind any number of `NOT`.
    fn negated(&mut self) -> Result<Node, Flaw> {
        let mut count = 0;
        while self.parser.take_keyword("NOT") {
            self.parser.count_operator()?;
            count += 1;
        }
        let node = match self.group()? {
            Node::Operand(left) => self.compared(left)?,
            test @ Node::Test(_) => test,
        };
        if count == 0 {
            return Ok(node);
        }
        let test = self.test(node)?;
        Ok(Node::Test(
            (0..count).fold(test, |test, _| Box::new(Test::Not(test))),
        ))
    }

    /// What follows an operand, if it is compared with something.
    fn compared(&mut self, left: Operand) -> Result<Node, Flaw> {
        let test = if let Some(comparator) = self.parser.take_any(&COMPARATORS) {
            self.parser.count_operator()?;
            let operands = [left, self.operand()?];
            self.check_use(&operands);
            Test::Compare(comparator, operands)
        } else if self.parser.take_keyword("BETWEEN") {
            self.parser.count_operator()?;
            let lower = self.operand()?;
            if !self.parser.take_keyword("AND") {
                return Err(self.parser.unexpected());
            }
            let operands = [left, lower, self.operand()?];
            self.check_use(&operands);
            Test::Between(Box::new(operands))
        } else if self.parser.take_keyword("IN") {
            self.parser.count_operator()?;
            self.parser.expect("(")?;
            let list = self.list()?;
            self.check_use(std::slice::from_ref(&left));
            self.check_use(&list);
            Test::In(left, list)
        } else {
            return Ok(Node::Operand(left));
        };
        Ok(Node::Test(Box::new(test)))
    }

    /// An operand, or anything in parentheses.
    fn group(&mut self) -> Result<Node, Flaw> {
        if !self.parser.take("(") {
            return self.plain_operand().map(Node::Operand);
        }
        self.parser.enter()?;
        let node = self.connected(false)?;
        self.parser.leave();
        self.parser.expect(")")?;
        match node {
            Node::Operand(operand) => self.behind_parentheses(operand).map(Node::Operand),
            test @ Node::Test(_) => Ok(test),
        }
    }

    /// An operand, in parentheses or not.
    fn operand(&mut self) -> Result<Operand, Flaw> {
        if !self.parser.take("(") {
            return self.plain_operand();
        }
        self.parser.enter()?;
        let operand = self.operand()?;
        self.parser.leave();
        self.parser.expect(")")?;
        self.behind_parentheses(operand)
    }

    /// A path may go on behind parentheses: `(a.b)[0]` is `a.b[0]`.
    fn behind_parentheses(&mut self, operand: Operand) -> Result<Operand, Flaw> {
        match operand {
            Operand::Path(path) => self
                .parser
                .path_behind(path.into_steps())
                .map(Operand::Path),
            other => Ok(other),
        }
    }

    fn plain_operand(&mut self) -> Result<Operand, Flaw> {
        if let Some(slot) = self.parser.take_value() {
            return Ok(Operand::Value(slot));
        }
        match self.parser.take_function() {
            Some(name) => {
                self.parser.count_operator()?;
                self.parser.enter()?;
                let arguments = self.list()?;
                self.parser.leave();
                Ok(self.call(name, arguments))
            }
            None => self.parser.path().map(Operand::Path),
        }
    }

    /// Operands, up to the parenthesis behind them.
    fn list(&mut self) -> Result<Vec<Operand>, Flaw> {
        let mut operands = vec![self.operand()?];
        while self.parser.take(",") {
            operands.push(self.operand()?);
        }
        self.parser.expect(")")?;
        Ok(operands)
    }

    fn call(&mut self, name: &str, arguments: Vec<Operand>) -> Operand {
        self.check_use(&arguments);
        let function = Function::ALL
            .into_iter()
            .find(|function| function.name() == name);
        if function.is_none() && self.unknown.is_none() {
            self.unknown = Some(match update::function_named(name) {
                Some(name) => Flaw::NotInConditions(name),
                None => Flaw::UnknownFunction(name.to_string()),
            });
        }
        // The tree of an expression with an unknown function is never used.
        Operand::Call(function.unwrap_or(Function::Size), arguments)
    }

    /// A node that must be a test: a call, or something compared.
    fn test(&mut self, node: Node) -> Result<Box<Test>, Flaw> {
        match node {
            Node::Test(test) => Ok(test),
            Node::Operand(Operand::Call(function, arguments)) => {
                if function == Function::Size {
                    self.misused
                        .get_or_insert(Flaw::MisusedFunction(function.name()));
                }
                Ok(Box::new(Test::Call(function, arguments)))
            }
            Node::Operand(_) => Err(self.parser.unexpected()),
        }
    }

    /// Of functions, only `size` gives a value.
    fn check_use(&mut self, operands: &[Operand]) {
        for operand in operands {
            if let Operand::Call(function, _) = operand
                && *function != Function::Size
            {
                self.misused
                    .get_or_insert(Flaw::MisusedFunction(function.name()));
            }
        }
    }
}
