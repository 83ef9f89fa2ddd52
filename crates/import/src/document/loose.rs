//! Reading what an import can do without: whatever does not have the expected shape counts as not there.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::object::Fields;

/// The most elements that are remembered of a list or mapping.
const MAX: usize = 64;

/// A text, number or boolean as text; anything else as `None`.
pub(crate) struct Text(pub(crate) Option<String>);

/// A `T` by its fields; its default when it is no object.
struct Loose<T>(T);

/// What is made of the elements of a list, or of the values of a mapping with free keys.
pub(crate) trait Fold: Default {
    type Item: Fields;

    /// Takes an element; a list's have no key.
    fn meet(&mut self, key: Option<String>, item: Self::Item);
}

/// The first elements of a list of texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Texts(pub(crate) Vec<String>);

/// Reads all kinds of scalars as the default, and leaves the rest to the visitor.
macro_rules! scalars_as {
    ($default:expr) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($default)
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($default)
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($default)
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($default)
        }

        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($default)
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($default)
        }

        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok($default)
        }

        fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
            inner.deserialize_any(self)
        }
    };
}

fn skip_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

fn skip_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(Some(text.to_owned())))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Text, E> {
                Ok(Text(Some(value.to_string())))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Text, E> {
                Ok(Text(Some(value.to_string())))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Text, E> {
                Ok(Text(Some(value.to_string())))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Text, E> {
                Ok(Text(Some(format!("{value:?}"))))
            }

            fn visit_unit<E>(self) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_none<E>(self) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Text, D::Error> {
                inner.deserialize_any(self)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Text, A::Error> {
                skip_seq(seq).map(|()| Text(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Text, A::Error> {
                skip_map(map).map(|()| Text(None))
            }
        }

        deserializer.deserialize_any(TextVisitor)
    }
}

impl<'de, T: Fields> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LooseVisitor<T>(PhantomData<T>);

        impl<'de, T: Fields> Visitor<'de> for LooseVisitor<T> {
            type Value = Loose<T>;

            scalars_as!(Loose(T::default()));

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Loose<T>, A::Error> {
                skip_seq(seq).map(|()| Loose(T::default()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose<T>, A::Error> {
                let mut object = T::default();
                while let Some(Text(key)) = map.next_key()? {
                    let read = match &key {
                        Some(key) => object.field(key, &mut map)?,
                        None => false,
                    };
                    if !read {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Loose(object))
            }
        }

        deserializer.deserialize_any(LooseVisitor(PhantomData))
    }
}

/// The visitor of a [`Fold`].
struct Folded<T>(T);

impl<'de, T: Fold> Deserialize<'de> for Folded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FoldVisitor<T>(PhantomData<T>);

        impl<'de, T: Fold> Visitor<'de> for FoldVisitor<T> {
            type Value = Folded<T>;

            scalars_as!(Folded(T::default()));

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Folded<T>, A::Error> {
                let mut folded = T::default();
                while let Some(Loose(item)) = seq.next_element()? {
                    folded.meet(None, item);
                }
                Ok(Folded(folded))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Folded<T>, A::Error> {
                let mut folded = T::default();
                while let Some(Text(key)) = map.next_key()? {
                    let Loose(item) = map.next_value()?;
                    folded.meet(key, item);
                }
                Ok(Folded(folded))
            }
        }

        deserializer.deserialize_any(FoldVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextsVisitor;

        impl<'de> Visitor<'de> for TextsVisitor {
            type Value = Texts;

            scalars_as!(Texts::default());

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Texts, A::Error> {
                let mut texts = Texts::default();
                while let Some(Text(text)) = seq.next_element()? {
                    texts.0.extend(text.filter(|_| texts.0.len() < MAX));
                }
                Ok(texts)
            }

            /// The keys of a mapping, which is how OAuth scopes are written.
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
                let mut texts = Texts::default();
                while let Some((Text(text), IgnoredAny)) = map.next_entry()? {
                    texts.0.extend(text.filter(|_| texts.0.len() < MAX));
                }
                Ok(texts)
            }
        }

        deserializer.deserialize_any(TextsVisitor)
    }
}

/// The current field as a text.
pub(crate) fn text<'de, A: MapAccess<'de>>(map: &mut A) -> Result<Option<String>, A::Error> {
    Ok(map.next_value::<Text>()?.0)
}

/// Whether the current field is `true`.
pub(crate) fn flag<'de, A: MapAccess<'de>>(map: &mut A) -> Result<bool, A::Error> {
    Ok(text(map)?.as_deref() == Some("true"))
}

/// The current field as an object.
pub(crate) fn loose<'de, T: Fields, A: MapAccess<'de>>(map: &mut A) -> Result<T, A::Error> {
    Ok(map.next_value::<Loose<T>>()?.0)
}

/// The current field, folded.
pub(crate) fn fold<'de, T: Fold, A: MapAccess<'de>>(map: &mut A) -> Result<T, A::Error> {
    Ok(map.next_value::<Folded<T>>()?.0)
}
