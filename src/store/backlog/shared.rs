//! Columns of JSON that hold the same in many rows: read once, and shared.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde::de::DeserializeOwned;

use crate::store::columns::Json;

/// What such a column was found to hold, by its JSON.
pub(super) struct Shared<T: ?Sized>(HashMap<Box<str>, Arc<T>>);

impl<T: ?Sized> Default for Shared<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: ?Sized> Shared<T>
where
    Arc<T>: DeserializeOwned,
{
    /// What the column holds in this row.
    pub(super) fn get(&mut self, row: &Row<'_>, column: usize) -> rusqlite::Result<Arc<T>> {
        let json = row.get_ref(column)?.as_str()?;
        if let Some(known) = self.0.get(json) {
            return Ok(known.clone());
        }
        let Json(read): Json<Arc<T>> = row.get(column)?;
        self.0.insert(json.into(), read.clone());
        Ok(read)
    }

    /// The same of a column that may hold nothing.
    pub(super) fn maybe(
        &mut self,
        row: &Row<'_>,
        column: usize,
    ) -> rusqlite::Result<Option<Arc<T>>> {
        match row.get_ref(column)? {
            ValueRef::Null => Ok(None),
            _ => self.get(row, column).map(Some),
        }
    }
}
