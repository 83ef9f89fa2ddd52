//! Pages and their cursors. A cursor is bound to its query and tenant, and cannot be forged.

use std::{collections::BTreeMap, fmt};

use aws_lc_rs::hmac;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{error::StoreError, item::Item};

/// The tenant's secret that its cursors are signed with.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CursorKey(String);

impl CursorKey {
    /// A key of 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    fn hmac(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes())
    }
}

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CursorKey(…)")
    }
}

/// Which part of a list is wanted.
#[derive(Debug, Clone)]
pub struct Page {
    /// How many items, 1 to 100.
    pub limit: u32,
    /// Where it begins; at the beginning, when absent.
    pub cursor: Option<String>,
    /// What cursors are signed with.
    pub key: CursorKey,
}

impl Page {
    /// The part of a list that is in memory; `query` names the list among all that the key is used for.
    ///
    /// The cursor names the last item. Once that is gone, the next part begins where it stood.
    pub fn of<T: Clone>(&self, query: &str, items: &[T], id: impl Fn(&T) -> String) -> Result<Listed<T>, StoreError> {
        let from = match &self.cursor {
            Some(cursor) => {
                let position = open(&self.key, query, cursor)?;
                let stood = position.get("index").and_then(|index| index.parse().ok()).ok_or(StoreError::BadCursor)?;
                let last = position.get("id");
                items.iter().position(|item| Some(&id(item)) == last).map_or(stood, |index| index + 1)
            }
            None => 0,
        };
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let part: Vec<T> = items.iter().skip(from).take(limit).cloned().collect();
        let next_cursor = match part.last() {
            Some(last) if from + part.len() < items.len() => {
                let index = (from + part.len() - 1).to_string();
                let position = [("id".to_owned(), id(last)), ("index".to_owned(), index)];
                Some(seal(&self.key, query, &position.into())?)
            }
            _ => None,
        };
        Ok(Listed { items: part, next_cursor })
    }
}

/// A part of a list.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next part begins; absent at the end.
    pub next_cursor: Option<String>,
}

impl<T> Listed<T> {
    /// The list with every item turned into something else.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(turn).collect(), next_cursor: self.next_cursor }
    }
}

const TAG: usize = 16;

/// Writes a cursor: the position, and a tag over the query and the position.
pub(crate) fn seal(key: &CursorKey, query: &str, position: &BTreeMap<String, String>) -> Result<String, StoreError> {
    let body = serde_json::to_vec(position).map_err(|error| StoreError::corrupt("cursor", error))?;
    let tag = tag(key, query, &body);
    let mut bytes = tag.as_ref().get(..TAG).unwrap_or_default().to_vec();
    bytes.extend(body);
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads a cursor that was made for this query.
pub(crate) fn open(key: &CursorKey, query: &str, cursor: &str) -> Result<BTreeMap<String, String>, StoreError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| StoreError::BadCursor)?;
    let (given, body) = bytes.split_at_checked(TAG).ok_or(StoreError::BadCursor)?;
    let expected = tag(key, query, body);
    let expected = expected.as_ref().get(..TAG).unwrap_or_default();
    aws_lc_rs::constant_time::verify_slices_are_equal(given, expected).map_err(|_| StoreError::BadCursor)?;
    serde_json::from_slice(body).map_err(|_| StoreError::BadCursor)
}

fn tag(key: &CursorKey, query: &str, body: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&key.hmac());
    context.update(&u64::try_from(query.len()).unwrap_or(u64::MAX).to_be_bytes());
    context.update(query.as_bytes());
    context.update(body);
    context.sign()
}

/// The position of a row in a query: its keys.
pub(crate) fn position(item: &Item) -> BTreeMap<String, String> {
    let keys = ["pk", "sk", "gsi1pk", "gsi1sk"];
    keys.iter().filter_map(|key| Some(((*key).to_owned(), item.get(*key)?.as_s().ok()?.clone()))).collect()
}

/// The row keys of a position.
pub(crate) fn start(position: BTreeMap<String, String>) -> Item {
    position.into_iter().map(|(key, value)| (key, AttributeValue::S(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position() -> BTreeMap<String, String> {
        [("pk".to_owned(), "a".to_owned())].into()
    }

    #[test]
    fn a_cursor_opens_for_its_own_query_only() {
        let key = CursorKey::new([1; 32]);
        let cursor = seal(&key, "clusters", &position()).unwrap();
        assert_eq!(open(&key, "clusters", &cursor).unwrap(), position());
        assert!(matches!(open(&key, "agents", &cursor), Err(StoreError::BadCursor)));
        assert!(matches!(open(&CursorKey::new([2; 32]), "clusters", &cursor), Err(StoreError::BadCursor)));
    }

    #[test]
    fn pages_of_a_list_in_memory_cover_it_once() {
        let items: Vec<u32> = (0..7).collect();
        let mut page = Page { limit: 3, cursor: None, key: CursorKey::new([1; 32]) };
        let mut seen = Vec::new();
        loop {
            let part = page.of("numbers", &items, u32::to_string).unwrap();
            seen.extend(part.items);
            page.cursor = part.next_cursor;
            if page.cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, items);
    }

    #[test]
    fn a_page_goes_on_where_a_removed_item_stood() {
        let mut page = Page { limit: 3, cursor: None, key: CursorKey::new([1; 32]) };
        page.cursor = page.of("numbers", &[0, 1, 2, 3, 4], i32::to_string).unwrap().next_cursor;
        assert_eq!(page.of("numbers", &[0, 1, 3, 4], i32::to_string).unwrap().items, [3, 4]);
        assert!(matches!(page.of("letters", &[0, 1], i32::to_string), Err(StoreError::BadCursor)));
    }

    #[test]
    fn a_changed_cursor_is_refused() {
        let key = CursorKey::new([1; 32]);
        let cursor = seal(&key, "clusters", &position()).unwrap();
        for at in 0..cursor.len() {
            let mut bytes = cursor.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            if changed != cursor {
                assert!(open(&key, "clusters", &changed).is_err(), "{at}");
            }
        }
    }
}
