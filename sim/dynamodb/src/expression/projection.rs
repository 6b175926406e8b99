//! Projections, such as `a, b.c, d[0]`.

use super::error::{ExpressionError, Flaw, Role};
use super::parser::{Parser, Symbols};
use super::path::{NamedPath, NamedStep, Path, check_clashes};
use super::placeholders::Placeholders;
use crate::value::{Item, Value};
use std::sync::Arc;

/// A projection as it is parsed, without the names of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Projection {
    paths: Vec<Path>,
    symbols: Symbols,
}

/// A projection with the names of a request: paths in their order, none of which holds another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoundProjection(Vec<NamedPath>);

impl Projection {
    /// Parses a text.
    pub fn parse(text: &str) -> Result<Projection, Flaw> {
        let mut parser = Parser::new(text, &[])?;
        let mut paths = vec![parser.path()?];
        while parser.take(",") {
            paths.push(parser.path()?);
        }
        if !parser.at_end() {
            return Err(parser.unexpected());
        }
        match parser.reserved {
            Some(flaw) => Err(flaw),
            None => Ok(Projection {
                paths,
                symbols: parser.symbols,
            }),
        }
    }

    /// Puts in the names of a request. Refuses placeholders that are not defined, and paths that
    /// overlap or conflict.
    pub fn bind(
        &self,
        placeholders: &mut Placeholders<'_>,
    ) -> Result<BoundProjection, ExpressionError> {
        self.named_paths(placeholders)
            .map_err(|flaw| flaw.within(Role::Projection))
    }

    fn named_paths(&self, placeholders: &mut Placeholders<'_>) -> Result<BoundProjection, Flaw> {
        let names = self
            .symbols
            .names
            .iter()
            .map(|symbol| placeholders.name(symbol));
        let names = names.collect::<Result<Vec<_>, _>>()?;
        let paths: Vec<_> = self.paths.iter().map(|path| path.named(&names)).collect();
        check_clashes(&paths)?;
        Ok(BoundProjection::of_paths(paths))
    }
}

impl BoundProjection {
    /// The projection on whole attributes.
    pub fn of_attributes(names: impl IntoIterator<Item = Arc<str>>) -> BoundProjection {
        let paths = names
            .into_iter()
            .map(|name| NamedPath(vec![NamedStep::Name(name)]));
        BoundProjection::of_paths(paths.collect())
    }

    /// The projection on some paths.
    pub(super) fn of_paths(mut paths: Vec<NamedPath>) -> BoundProjection {
        paths.sort_unstable();
        paths.dedup();
        BoundProjection(paths)
    }

    /// What the item has at the paths. Elements of a list close up.
    pub fn project(&self, item: &Item) -> Item {
        let mut projected = Item::new();
        let mut before: &[NamedStep] = &[];
        for path in &self.0 {
            let Some(value) = path.find(item) else {
                continue;
            };
            let common = before
                .iter()
                .zip(&path.0)
                .take_while(|(one, other)| one == other)
                .count();
            insert(&mut projected, path, common, value.clone());
            before = &path.0;
        }
        projected
    }

    /// The attributes at the top of its paths, in order, each once.
    pub fn roots(&self) -> Vec<&Arc<str>> {
        let names = self.0.iter().filter_map(|path| match path.0.first() {
            Some(NamedStep::Name(name)) => Some(name),
            _ => None,
        });
        let mut roots: Vec<_> = names.collect();
        roots.dedup();
        roots
    }
}

/// Puts a value where a path leads in a projected item. The first `common` steps are those of the
/// path before: its elements of lists are there already, as the last of their lists.
fn insert(projected: &mut Item, path: &NamedPath, common: usize, value: Value) {
    let mut value = Some(value);
    let mut place: Option<&mut Value> = None;
    for (depth, step) in path.0.iter().enumerate() {
        let below = match path.0.get(depth + 1) {
            Some(NamedStep::Name(_)) => Value::M(Arc::default()),
            Some(NamedStep::Index(_)) => Value::L(Arc::default()),
            None => value.take().unwrap_or(Value::Null),
        };
        place = match (place, step) {
            (None, NamedStep::Name(name)) => Some(projected.entry(name.clone()).or_insert(below)),
            (Some(Value::M(map)), NamedStep::Name(name)) => {
                Some(Arc::make_mut(map).entry(name.clone()).or_insert(below))
            }
            (Some(Value::L(list)), NamedStep::Index(_)) => {
                let list = Arc::make_mut(list);
                if depth >= common || list.is_empty() {
                    list.push(below);
                }
                list.last_mut()
            }
            // Paths that take one value for a list and a map conflict, and are refused.
            _ => return,
        };
    }
}
