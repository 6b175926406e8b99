//! Conditions and filters, such as `a = :b AND NOT contains(#c, :d)`.

mod bind;
mod evaluate;
mod parse;

use super::error::{ExpressionError, Role};
use super::parser::Symbols;
use super::path::Path;
use super::placeholders::Placeholders;
use crate::value::{Item, Value};
use std::sync::Arc;

pub(super) use evaluate::begins_with;

/// A condition or filter as it is parsed, without the names and values of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub(super) test: Test,
    pub(super) symbols: Symbols,
}

/// A condition or filter with the names and values of a request.
#[derive(Clone, Debug)]
pub struct BoundCondition {
    pub(super) condition: Arc<Condition>,
    pub(super) names: Vec<Arc<str>>,
    pub(super) values: Vec<Value>,
}

/// What is true or false of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Not(Box<Test>),
    Compare(Comparator, [Operand; 2]),
    /// The value, the lower and the upper bound.
    Between(Box<[Operand; 3]>),
    /// The value, and what it may be.
    In(Operand, Vec<Operand>),
    Call(Function, Vec<Operand>),
}

/// What a test is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    Path(Path),
    /// The value in this slot.
    Value(u32),
    Call(Function, Vec<Operand>),
}

/// The functions of conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    AttributeExists,
    AttributeNotExists,
    AttributeType,
    BeginsWith,
    Contains,
    Size,
}

impl Function {
    pub const ALL: [Function; 6] = [
        Function::AttributeExists,
        Function::AttributeNotExists,
        Function::AttributeType,
        Function::BeginsWith,
        Function::Contains,
        Function::Size,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Function::AttributeExists => "attribute_exists",
            Function::AttributeNotExists => "attribute_not_exists",
            Function::AttributeType => "attribute_type",
            Function::BeginsWith => "begins_with",
            Function::Contains => "contains",
            Function::Size => "size",
        }
    }

    /// How many arguments it takes.
    pub fn arity(self) -> usize {
        match self {
            Function::AttributeExists | Function::AttributeNotExists | Function::Size => 1,
            Function::AttributeType | Function::BeginsWith | Function::Contains => 2,
        }
    }
}

/// The name of the function of conditions that is called so.
pub(super) fn function_named(name: &str) -> Option<&'static str> {
    Function::ALL
        .into_iter()
        .map(Function::name)
        .find(|known| *known == name)
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparator {
    pub fn symbol(self) -> &'static str {
        match self {
            Comparator::Equal => "=",
            Comparator::NotEqual => "<>",
            Comparator::Less => "<",
            Comparator::LessOrEqual => "<=",
            Comparator::Greater => ">",
            Comparator::GreaterOrEqual => ">=",
        }
    }
}

impl Condition {
    /// Puts in the names and values of a request. Refuses placeholders that are not defined and
    /// operands that an operator or function does not take.
    pub fn bind(
        self: Arc<Condition>,
        role: Role,
        placeholders: &mut Placeholders<'_>,
    ) -> Result<BoundCondition, ExpressionError> {
        bind::bind(self, placeholders).map_err(|flaw| flaw.within(role))
    }
}

impl BoundCondition {
    /// Whether the condition is true of the item. A missing item is an empty one.
    pub fn holds(&self, item: &Item) -> bool {
        evaluate::holds(&self.condition.test, &evaluate::Scene { bound: self, item })
    }

    /// The attributes at the top of its paths, in the order of the text, some more than once; with
    /// each, whether the path goes on below it.
    pub fn roots(&self) -> Vec<(&Arc<str>, bool)> {
        let mut roots = Vec::new();
        self.condition.test.each_path(&mut |path| {
            roots.push((&self.names[path.root() as usize], path.is_nested()));
        });
        roots
    }
}

impl Test {
    /// Calls `visit` for every path, in the order of the text.
    pub fn each_path<'a>(&'a self, visit: &mut impl FnMut(&'a Path)) {
        match self {
            Test::And(left, right) | Test::Or(left, right) => {
                left.each_path(visit);
                right.each_path(visit);
            }
            Test::Not(test) => test.each_path(visit),
            Test::Compare(_, operands) => visit_operands(operands, visit),
            Test::Between(operands) => visit_operands(&operands[..], visit),
            Test::In(operand, list) => {
                operand.each_path(visit);
                visit_operands(list, visit);
            }
            Test::Call(_, arguments) => visit_operands(arguments, visit),
        }
    }
}

fn visit_operands<'a>(operands: &'a [Operand], visit: &mut impl FnMut(&'a Path)) {
    for operand in operands {
        operand.each_path(visit);
    }
}

impl Operand {
    fn each_path<'a>(&'a self, visit: &mut impl FnMut(&'a Path)) {
        match self {
            Operand::Path(path) => visit(path),
            Operand::Value(_) => {}
            Operand::Call(_, arguments) => visit_operands(arguments, visit),
        }
    }
}
