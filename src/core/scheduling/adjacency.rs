//! A graph as a list of arrows: what leads where.

/// Arrows between nodes that are numbered from 0.
#[derive(Debug)]
pub(super) struct Adjacency {
    /// Where in `ends` the arrows of each node begin, and where those of the last one end.
    starts: Vec<u32>,
    ends: Vec<u32>,
}

impl Adjacency {
    /// The graph of so many nodes with these arrows, each from its first to its second node.
    pub(super) fn new(nodes: usize, mut arrows: Vec<(u32, u32)>) -> Self {
        arrows.sort_unstable();
        arrows.dedup();
        let mut starts = vec![0; nodes + 1];
        for (from, _) in &arrows {
            starts[*from as usize + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        Self { starts, ends: arrows.into_iter().map(|(_, to)| to).collect() }
    }

    /// How many nodes there are.
    pub(super) fn nodes(&self) -> usize {
        self.starts.len() - 1
    }

    /// Where the arrows of `node` lead, in rising order, each once.
    pub(super) fn of(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.ends[self.starts[node] as usize..self.starts[node + 1] as usize]
    }
}
