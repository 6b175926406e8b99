//! Events, flattened to their leaves.

use super::error::EventError;
use super::json::{JsonReader, Token};
use super::matcher::Scalar;
use super::membership::{Membership, Position};
use super::number::Number;

/// A scalar of the event and the array elements it lies in.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) value: Scalar,
    pub(super) membership: Membership,
}

#[derive(Debug, Clone)]
struct Field {
    path: String,
    leaves: Vec<Leaf>,
}

/// An event as patterns see it: for each path of keys, joined with dots, its scalar values.
///
/// Objects inside arrays contribute to the same path. Of duplicate keys both values count. An empty
/// array or object has no leaf, so its path is absent.
#[derive(Debug, Clone)]
pub struct FlatEvent {
    /// Sorted by path.
    fields: Vec<Field>,
    /// The paths of the arrays, by their numbers.
    arrays: Vec<String>,
}

impl FlatEvent {
    /// Flattens the text of an event. Text behind the closing brace is ignored.
    ///
    /// # Errors
    /// If the text is not JSON, or not an object.
    pub fn parse(json: &str) -> Result<FlatEvent, EventError> {
        let mut reader = JsonReader::new(json);
        if reader.next()? != Token::StartObject {
            return Err(EventError::NotAnObject);
        }
        let mut flattener = Flattener::default();
        while !flattener.levels.is_empty() {
            let token = reader.next()?;
            flattener.take(&mut reader, token)?;
        }
        Ok(flattener.finish())
    }

    /// Flattens an event that was read before. Numbers have the spelling that `serde_json` writes.
    ///
    /// # Errors
    /// If the value is not an object.
    pub fn from_value(value: &serde_json::Value) -> Result<FlatEvent, EventError> {
        FlatEvent::parse(&value.to_string())
    }

    /// The values at a path, in the order of the event.
    pub(super) fn leaves(&self, path: &str) -> &[Leaf] {
        match self
            .fields
            .binary_search_by(|field| field.path.as_str().cmp(path))
        {
            Ok(index) => &self.fields[index].leaves,
            Err(_) => &[],
        }
    }

    /// Every path with its values.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &[Leaf])> {
        self.fields
            .iter()
            .map(|field| (field.path.as_str(), field.leaves.as_slice()))
    }

    /// The paths that lead on from `path`; all where it is empty.
    pub(super) fn paths_below(&self, path: &str) -> impl Iterator<Item = &str> + Clone {
        let is_below = move |longer: &&str| {
            path.is_empty()
                || longer
                    .strip_prefix(path)
                    .is_some_and(|rest| rest.starts_with('.'))
        };
        self.fields
            .iter()
            .map(|field| field.path.as_str())
            .filter(is_below)
    }

    pub(super) fn array_path(&self, array: u32) -> &str {
        &self.arrays[array as usize]
    }

    /// Where the elements of a membership are, as in `orders[0].lines[2]`; `None` for a value
    /// outside of all arrays.
    pub(super) fn place(&self, membership: &Membership) -> Option<String> {
        let mut place = String::new();
        let mut outer = "";
        for position in membership.positions() {
            let path = self.array_path(position.array);
            place.push_str(&path[outer.len()..]);
            place.push_str(&format!("[{}]", position.index));
            outer = path;
        }
        (!place.is_empty()).then_some(place)
    }
}

/// An open object or array.
#[derive(Debug)]
enum Level {
    Object {
        /// Length of the path that leads to this object; `None` for the event itself.
        path_length: Option<usize>,
    },
    Array {
        position: Position,
    },
}

struct Flattener {
    levels: Vec<Level>,
    path: String,
    /// The array elements around the current value.
    positions: Vec<Position>,
    /// The paths of the arrays so far.
    arrays: Vec<String>,
    leaves: Vec<(String, Leaf)>,
}

impl Default for Flattener {
    fn default() -> Self {
        Flattener {
            levels: vec![Level::Object { path_length: None }],
            path: String::new(),
            positions: Vec::new(),
            arrays: Vec::new(),
            leaves: Vec::new(),
        }
    }
}

impl Flattener {
    fn take<'a>(
        &mut self,
        reader: &mut JsonReader<'a>,
        token: Token<'a>,
    ) -> Result<(), EventError> {
        match token {
            Token::Name => self.set_key(reader.name()),
            Token::StartObject => {
                self.bind_element();
                self.levels.push(Level::Object {
                    path_length: Some(self.path.len()),
                });
            }
            Token::StartArray => {
                self.bind_element();
                let array =
                    u32::try_from(self.arrays.len()).expect("an event is far smaller than 4 GB");
                self.levels.push(Level::Array {
                    position: Position { array, index: 0 },
                });
                self.arrays.push(self.path.clone());
            }
            Token::EndObject | Token::EndArray => self.close(),
            Token::String => {
                let text = reader.string()?.into_owned();
                self.add(Scalar::Text(text));
            }
            Token::Number(text) => self.add(Scalar::Number(Number::new(text))),
            Token::True => self.add(Scalar::Bool(true)),
            Token::False => self.add(Scalar::Bool(false)),
            Token::Null => self.add(Scalar::Null),
            Token::End => unreachable!(
                "the reader reports the end of the text as an error while an object is open"
            ),
        }
        Ok(())
    }

    fn set_key(&mut self, key: &str) {
        match self.levels.last() {
            Some(Level::Object {
                path_length: Some(length),
            }) => {
                self.path.truncate(*length);
                self.path.push('.');
            }
            _ => self.path.clear(),
        }
        self.path.push_str(key);
    }

    /// What opens now inside an array lies in that array's current element.
    fn bind_element(&mut self) {
        if let Some(Level::Array { position }) = self.levels.last() {
            self.positions.push(*position);
        }
    }

    fn close(&mut self) {
        if let Some(Level::Object {
            path_length: Some(length),
        }) = self.levels.pop()
        {
            self.path.truncate(length);
        }
        if let Some(Level::Array { position }) = self.levels.last_mut() {
            position.index += 1;
            self.positions.pop();
        }
    }

    /// A scalar element of an array is not bound to its place in it.
    fn add(&mut self, value: Scalar) {
        let membership = Membership::new(self.positions.clone());
        self.leaves
            .push((self.path.clone(), Leaf { value, membership }));
        if let Some(Level::Array { position }) = self.levels.last_mut() {
            position.index += 1;
        }
    }

    fn finish(mut self) -> FlatEvent {
        self.leaves.sort_by(|(one, _), (two, _)| one.cmp(two));
        let mut fields: Vec<Field> = Vec::with_capacity(self.leaves.len());
        for (path, leaf) in self.leaves {
            match fields.last_mut() {
                Some(field) if field.path == path => field.leaves.push(leaf),
                _ => fields.push(Field {
                    path,
                    leaves: vec![leaf],
                }),
            }
        }
        FlatEvent {
            fields,
            arrays: self.arrays,
        }
    }
}
