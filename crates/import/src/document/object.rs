//! Reading an object field by field: what is known is kept, what is not is skipped without being built.

use std::{fmt, marker::PhantomData};

use indexmap::map::Entry;
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{Extensions, Map};

/// An object with known fields.
pub(crate) trait Fields: Default {
    /// What is expected where the object stands, for errors.
    const EXPECTED: &'static str;

    /// Reads the value of a field that is of use; `false` when it is not, and nothing was read.
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error>;

    /// Where fields that start with `x-` are kept, when they are.
    fn extensions(&mut self) -> Option<&mut Extensions> {
        None
    }

    /// Hears of a field that was skipped.
    fn skipped(&mut self, _key: &str) {}

    /// What is wrong with the object as a whole.
    fn complete(&self) -> Result<(), &'static str> {
        Ok(())
    }
}

/// The most keys of a mapping with free keys, so that a document of empty objects stays small in memory.
const MAX_ENTRIES: usize = 10_000;

/// The most elements of a list.
const MAX_ELEMENTS: usize = 1_000;

/// Reads a `T` by its fields.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Fields> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Fields> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(T::EXPECTED)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<T>, A::Error> {
                let mut object = T::default();
                let mut known: Vec<String> = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if known.contains(&key) {
                        return Err(A::Error::custom(format_args!("the field `{key}` is there twice")));
                    }
                    if key.starts_with("x-")
                        && let Some(extensions) = object.extensions()
                    {
                        extensions.read(&key, &mut map)?;
                    } else if object.field(&key, &mut map)? {
                        known.push(key);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        object.skipped(&key);
                    }
                }
                object.complete().map_err(A::Error::custom)?;
                Ok(Object(object))
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

/// Reads a mapping with free keys; no key may be there twice.
struct Entries<T>(Map<T>);

impl<'de, T: Fields> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<T>(PhantomData<T>);

        impl<'de, T: Fields> Visitor<'de> for EntriesVisitor<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<T>, A::Error> {
                let mut entries = Map::new();
                while let Some(key) = map.next_key::<String>()? {
                    if key.starts_with("x-") {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    if entries.len() == MAX_ENTRIES {
                        return Err(A::Error::custom(format_args!("there are more than {MAX_ENTRIES} keys")));
                    }
                    match entries.entry(key) {
                        Entry::Occupied(entry) => {
                            return Err(A::Error::custom(format_args!("the key `{}` is there twice", entry.key())));
                        }
                        Entry::Vacant(entry) => {
                            entry.insert(object(&mut map)?);
                        }
                    }
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

/// Reads a list; null elements are left out.
struct List<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = seq.next_element::<Option<T>>()? {
                    if list.len() == MAX_ELEMENTS {
                        return Err(A::Error::custom(format_args!("there are more than {MAX_ELEMENTS} elements")));
                    }
                    list.extend(element);
                }
                Ok(List(list))
            }
        }

        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

/// The current field as an object.
pub(crate) fn object<'de, T: Fields, A: MapAccess<'de>>(map: &mut A) -> Result<T, A::Error> {
    Ok(map.next_value::<Option<Object<T>>>()?.map(|object| object.0).unwrap_or_default())
}

/// The current field as a list.
pub(crate) fn list<'de, T: Deserialize<'de>, A: MapAccess<'de>>(map: &mut A) -> Result<Vec<T>, A::Error> {
    Ok(map.next_value::<Option<List<T>>>()?.map(|list| list.0).unwrap_or_default())
}

/// The current field as a list of objects.
pub(crate) fn objects<'de, T: Fields, A: MapAccess<'de>>(map: &mut A) -> Result<Vec<T>, A::Error> {
    Ok(list::<Object<T>, A>(map)?.into_iter().map(|object| object.0).collect())
}

/// The current field as a mapping with free keys.
pub(crate) fn entries<'de, T: Fields, A: MapAccess<'de>>(map: &mut A) -> Result<Map<T>, A::Error> {
    Ok(map.next_value::<Option<Entries<T>>>()?.map(|entries| entries.0).unwrap_or_default())
}

/// Skips the current field, and tells whether it says anything.
pub(crate) fn present<'de, A: MapAccess<'de>>(map: &mut A) -> Result<bool, A::Error> {
    Ok(map.next_value::<Option<IgnoredAny>>()?.is_some())
}
