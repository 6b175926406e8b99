//! Sizes as DynamoDB counts them, for the limit of an item and for capacity units.

use super::{Item, Value};

/// What a list or a map costs beside its members.
const CONTAINER_BYTES: usize = 3;

/// What each member of a list or a map costs beside its name and value.
const MEMBER_BYTES: usize = 1;

impl Value {
    /// The size of the value in bytes, without the name of its attribute.
    pub fn size(&self) -> usize {
        match self {
            Value::S(text) => text.len(),
            Value::N(number) => number.size(),
            Value::B(bytes) => bytes.len(),
            Value::Bool(_) | Value::Null => 1,
            Value::Ss(set) => set.iter().map(|text| text.len()).sum(),
            Value::Ns(set) => set.iter().map(|number| number.size()).sum(),
            Value::Bs(set) => set.iter().map(|bytes| bytes.len()).sum(),
            Value::L(list) => {
                CONTAINER_BYTES
                    + list
                        .iter()
                        .map(|value| MEMBER_BYTES + value.size())
                        .sum::<usize>()
            }
            Value::M(map) => CONTAINER_BYTES + map.len() * MEMBER_BYTES + item_size(map),
        }
    }
}

/// The size of an item in bytes: the names of its attributes in UTF-8 and their values.
pub fn item_size(item: &Item) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + value.size())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn containers_cost_three_bytes_and_one_a_member() {
        let list = Value::L(Arc::new(vec![Value::text("ab"), Value::Null]));
        assert_eq!(list.size(), 3 + (1 + 2) + (1 + 1));
        let map = Value::M(Arc::new([(Arc::from("key"), Value::text("ab"))].into()));
        assert_eq!(map.size(), 3 + 1 + 3 + 2);
        assert_eq!(
            item_size(&[(Arc::from("é"), Value::Bool(true))].into()),
            2 + 1
        );
    }
}
