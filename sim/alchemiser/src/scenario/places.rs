use std::collections::BTreeMap;
use std::fmt;

use granit_parser::{Event, Marker, Parser, ScalarStyle, Span};

use super::scalar_text::place_in_scalar;
use simulated_cloud::stack::Position;

/// The way to a value of a scenario file, from its root: a JSON pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pointer(String);

impl Pointer {
    /// To a value of the root mapping.
    #[must_use]
    pub fn to(key: &str) -> Self {
        Self::default().key(key)
    }

    /// Further, to the value of a key.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        Self(format!(
            "{}/{}",
            self.0,
            key.replace('~', "~0").replace('/', "~1")
        ))
    }

    /// Further, to an item of a list, the first of which is 0.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        self.key(&index.to_string())
    }

    fn parent(&self) -> Option<Self> {
        self.0
            .rfind('/')
            .map(|slash| Self(self.0[..slash].to_owned()))
    }
}

impl fmt::Display for Pointer {
    /// As people write it: `given.topology.without.0`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self
            .0
            .split('/')
            .skip(1)
            .map(|part| part.replace("~1", "/").replace("~0", "~"));
        formatter.write_str(&parts.collect::<Vec<_>>().join("."))
    }
}

/// Where a value is written.
#[derive(Clone, Debug)]
struct Place {
    /// Of its key, where it is a mapping's.
    key: Option<Position>,
    value: Position,
    kind: PlaceKind,
}

#[derive(Clone, Debug, PartialEq)]
enum PlaceKind {
    /// Its text, the style, and the characters between which it is written.
    Scalar {
        text: String,
        style: ScalarStyle,
        from: usize,
        to: usize,
    },
    Mapping,
    Other,
}

/// Where each value of a scenario file is written.
///
/// What an alias or a merge key brings is not among them: its place is that of the value that it
/// stands in.
#[derive(Clone, Debug, Default)]
pub struct Places {
    text: String,
    places: BTreeMap<Pointer, Place>,
}

impl Places {
    /// The places of a text that is YAML; none where it is not.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut builder = Builder::default();
        for event in Parser::new_from_str(text) {
            let Ok((event, span)) = event else { break };
            // A file is one document; what follows is another one's.
            if matches!(event, Event::DocumentEnd) {
                break;
            }
            builder.take(event, &span);
        }
        Self {
            text: text.to_owned(),
            places: builder.places,
        }
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is such a value.
    #[must_use]
    pub fn holds(&self, pointer: &Pointer) -> bool {
        self.places.contains_key(pointer)
    }

    /// Where a value is written, or else the value that it is part of.
    #[must_use]
    pub fn value(&self, pointer: &Pointer) -> Option<Position> {
        self.nearest(pointer).map(|place| place.value)
    }

    /// Where the key of a value is written, or the value where it has none.
    #[must_use]
    pub fn key(&self, pointer: &Pointer) -> Option<Position> {
        self.nearest(pointer)
            .map(|place| place.key.unwrap_or(place.value))
    }

    /// Where a character of a text is written, by its line and column within the text.
    #[must_use]
    pub fn within(&self, pointer: &Pointer, line: usize, column: usize) -> Option<Position> {
        match self.places.get(pointer) {
            Some(Place {
                kind:
                    PlaceKind::Scalar {
                        text,
                        style,
                        from,
                        to,
                    },
                value,
                ..
            }) => Some(
                place_in_scalar(&self.text, (*from, *to), *style, text, line, column)
                    .unwrap_or(*value),
            ),
            _ => self.value(pointer),
        }
    }

    /// The texts of the file, in order of their pointers.
    pub fn texts(&self) -> impl Iterator<Item = (&Pointer, &str)> {
        self.places
            .iter()
            .filter_map(|(pointer, place)| match &place.kind {
                PlaceKind::Scalar { text, .. } => Some((pointer, text.as_str())),
                _ => None,
            })
    }

    /// Whether a key or a part of a text is that name anywhere else than at its own place.
    pub(super) fn names_elsewhere(&self, name: &str, own: &Pointer) -> bool {
        let parent = own.parent();
        let is_it = |(pointer, place): (&Pointer, &Place)| {
            let is_text =
                matches!(&place.kind, PlaceKind::Scalar { text, .. } if text.contains(name));
            pointer != own
                && (is_text
                    || pointer.parent().is_some_and(|owner| {
                        Some(&owner) != parent.as_ref() && owner.key(name) == *pointer
                    }))
        };
        self.places.iter().any(is_it)
    }

    /// Whether a value begins there.
    pub(super) fn has_value_at(&self, position: Position) -> bool {
        self.places.values().any(|place| place.value == position)
    }

    /// The last text that begins before a place, with its own.
    pub(super) fn text_before(&self, position: Position) -> Option<(Position, &str)> {
        let before = self.places.values().filter(|place| place.value < position);
        before
            .max_by_key(|place| place.value)
            .and_then(|place| match &place.kind {
                PlaceKind::Scalar { text, .. } => Some((place.value, text.as_str())),
                _ => None,
            })
    }

    /// The mapping that begins at a place, or of which a key is there.
    pub(super) fn mapping_at(&self, position: Position) -> Option<&Pointer> {
        let is_mapping = |place: &Place| place.kind == PlaceKind::Mapping;
        // In block style a mapping begins where its first key does: the inner one is meant.
        let begins = self
            .places
            .iter()
            .filter(|(_, place)| place.value == position && is_mapping(place))
            .map(|(pointer, _)| pointer);
        let outer = self
            .places
            .iter()
            .find(|(_, place)| place.key == Some(position))
            .and_then(|(pointer, _)| pointer.parent());
        let of_the_key = outer
            .and_then(|pointer| self.places.get_key_value(&pointer))
            .map(|(pointer, _)| pointer);
        begins.max_by_key(|pointer| pointer.0.len()).or(of_the_key)
    }

    /// Where the value is of the key that is written at a place: a mapping, where one is meant.
    pub(super) fn value_of_key_at(&self, position: Position, is_mapping: bool) -> Option<Position> {
        let of_the_key = self
            .places
            .values()
            .find(|place| place.key == Some(position));
        of_the_key
            .filter(|place| !is_mapping || place.kind == PlaceKind::Mapping)
            .map(|place| place.value)
    }

    /// The text that is written at a place.
    pub(super) fn text_at(&self, position: Position) -> Option<&str> {
        self.places.values().find_map(|place| match &place.kind {
            PlaceKind::Scalar { text, .. } if place.value == position => Some(text.as_str()),
            _ => None,
        })
    }

    /// Where that key of a mapping is written, if it is.
    pub(super) fn own_key(&self, mapping: &Pointer, key: &str) -> Option<Position> {
        self.places
            .get(&mapping.key(key))
            .and_then(|place| place.key)
    }

    fn nearest(&self, pointer: &Pointer) -> Option<&Place> {
        let mut at = Some(pointer.clone());
        while let Some(pointer) = at {
            if let Some(place) = self.places.get(&pointer) {
                return Some(place);
            }
            at = pointer.parent();
        }
        None
    }
}

/// A collection whose end has not come yet.
struct Open {
    pointer: Pointer,
    /// How many items a list has so far; none for a mapping.
    items: Option<usize>,
    /// The key whose value comes next.
    key: Option<(String, Position)>,
}

#[derive(Default)]
struct Builder {
    places: BTreeMap<Pointer, Place>,
    open: Vec<Open>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: &Span) {
        let here = position(span.start);
        match event {
            Event::Scalar(text, style, _, _) => {
                if let Some(Open {
                    items: None,
                    key: key @ None,
                    ..
                }) = self.open.last_mut()
                {
                    *key = Some((text.into_owned(), here));
                    return;
                }
                let (from, to) = (span.start.index(), span.end.index());
                self.place(
                    here,
                    PlaceKind::Scalar {
                        text: text.into_owned(),
                        style,
                        from,
                        to,
                    },
                );
            }
            Event::Alias(_) => drop(self.place(here, PlaceKind::Other)),
            Event::SequenceStart(..) => {
                let pointer = self.place(here, PlaceKind::Other);
                self.open.push(Open {
                    pointer,
                    items: Some(0),
                    key: None,
                });
            }
            Event::MappingStart(..) => {
                let pointer = self.place(here, PlaceKind::Mapping);
                self.open.push(Open {
                    pointer,
                    items: None,
                    key: None,
                });
            }
            Event::SequenceEnd | Event::MappingEnd => drop(self.open.pop()),
            _ => {}
        }
    }

    /// Puts a value where it belongs, and gives the way to it.
    fn place(&mut self, value: Position, kind: PlaceKind) -> Pointer {
        let (pointer, key) = match self.open.last_mut() {
            None => (Pointer::default(), None),
            Some(Open {
                pointer,
                items: Some(items),
                ..
            }) => {
                *items += 1;
                (pointer.item(*items - 1), None)
            }
            Some(Open { pointer, key, .. }) => {
                let (name, at) = key.take().unwrap_or_default();
                (pointer.key(&name), Some(at))
            }
        };
        self.places
            .insert(pointer.clone(), Place { key, value, kind });
        pointer
    }
}

fn position(marker: Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(position: Option<Position>) -> String {
        position
            .map(|position| position.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn keys_and_values_have_their_places() {
        let places = Places::of(
            "given:\n  cash: \"1\"\n  positions: {BTC/USD: \"2\"}\nwhen:\n  - advance: 30m\n  - settle\n",
        );
        let given = Pointer::to("given");
        assert_eq!(at(places.value(&given.key("cash"))), "2:9");
        assert_eq!(
            at(places.key(&given.key("positions").key("BTC/USD"))),
            "3:15"
        );
        assert_eq!(
            at(places.value(&Pointer::to("when").item(0).key("advance"))),
            "5:14"
        );
        assert_eq!(at(places.value(&Pointer::to("when").item(1))), "6:5");
        assert_eq!(
            given.key("positions").key("BTC/USD").to_string(),
            "given.positions.BTC/USD"
        );
    }

    #[test]
    fn what_is_not_written_is_where_its_owner_is() {
        let places = Places::of("given: &world {cash: \"1\"}\nagain: *world\n");
        assert_eq!(at(places.value(&Pointer::to("again").key("cash"))), "2:8");
        assert_eq!(at(places.value(&Pointer::to("given").key("clock"))), "1:15");
        assert_eq!(at(Places::default().value(&Pointer::to("given"))), "");
    }

    #[test]
    fn places_within_texts_of_every_style() {
        let within = |yaml: &str, line: usize, column: usize| {
            at(Places::of(yaml).within(&Pointer::to("s"), line, column))
        };
        assert_eq!(within("s: (one two)\n", 1, 6), "1:9");
        assert_eq!(within("s: 'it''s (two)'\n", 1, 6), "1:11");
        assert_eq!(within("s: \"a\\\"b\\n(two)\"\n", 2, 1), "1:11");
        assert_eq!(within("s: |\n  (one\n    (two))\n", 2, 3), "3:5");
        assert_eq!(within("s: >-\n  (one\n  (two))\n", 1, 6), "3:3");
        assert_eq!(within("s: '(one\n\n    (two))'\n", 2, 1), "3:5");
        assert_eq!(within("s: (one\n    (two))\n", 1, 6), "2:5");
    }
}
