//! A part of a long list.

/// Which part of a list is asked for.
#[derive(Clone, Copy)]
pub(crate) struct PageRequest {
    pub(crate) number: usize,
    pub(crate) size: usize,
}

impl PageRequest {
    /// The part of a long list that is on this page.
    pub(crate) fn of_all<T>(self, items: &[T]) -> &[T] {
        let from = (self.number - 1).saturating_mul(self.size).min(items.len());
        &items[from..from.saturating_add(self.size).min(items.len())]
    }

    /// The part of `items` that is on this page.
    pub(crate) fn of<T>(self, items: Vec<T>) -> Vec<T> {
        let before = (self.number - 1).saturating_mul(self.size);
        items.into_iter().skip(before).take(self.size).collect()
    }
}
