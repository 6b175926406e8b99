//! Texts and whole numbers of a request. What has another type is told as AWS tells it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A text.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text<'a>(Cow<'a, str>);

/// A whole number; a fraction is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole(pub i64);

impl Text<'_> {
    /// The text, to be kept.
    pub fn shared(&self) -> Arc<str> {
        Arc::from(&*self.0)
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// What a value that is not of the class of Java says of itself.
macro_rules! mismatch {
    ($class:literal, number) => {
        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Err(E::custom(concat!(
                "NUMBER_VALUE cannot be converted to ",
                $class
            )))
        }

        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Err(E::custom(concat!(
                "NUMBER_VALUE cannot be converted to ",
                $class
            )))
        }

        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Err(E::custom(concat!(
                "DECIMAL_VALUE cannot be converted to ",
                $class
            )))
        }
    };
    ($class:literal, bool) => {
        fn visit_bool<E: Error>(self, given: bool) -> Result<Self::Value, E> {
            Err(E::custom(if given {
                concat!("TRUE_VALUE cannot be converted to ", $class)
            } else {
                concat!("FALSE_VALUE cannot be converted to ", $class)
            }))
        }
    };
    ($class:literal, containers) => {
        fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            out.write_str(concat!("a ", $class))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(A::Error::custom(concat!(
                "Unrecognized collection type class java.lang.",
                $class
            )))
        }

        fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
            Err(A::Error::custom(
                "Start of structure or map found where not expected",
            ))
        }
    };
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn visit_borrowed_str<E: Error>(self, given: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(given)))
    }

    fn visit_str<E: Error>(self, given: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(given.to_owned())))
    }

    mismatch!("String", number);
    mismatch!("String", bool);
    mismatch!("String", containers);
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct WholeVisitor;

impl<'de> Visitor<'de> for WholeVisitor {
    type Value = Whole;

    fn visit_i64<E: Error>(self, given: i64) -> Result<Whole, E> {
        Ok(Whole(given))
    }

    fn visit_u64<E: Error>(self, given: u64) -> Result<Whole, E> {
        Ok(Whole(i64::try_from(given).unwrap_or(i64::MAX)))
    }

    #[expect(clippy::cast_possible_truncation, reason = "AWS cuts fractions off")]
    fn visit_f64<E: Error>(self, given: f64) -> Result<Whole, E> {
        Ok(Whole(given as i64))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Whole, E> {
        Err(E::custom("STRING_VALUE cannot be converted to Integer"))
    }

    mismatch!("Integer", bool);
    mismatch!("Integer", containers);
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeVisitor)
    }
}
