//! The strongly connected components of a graph: which nodes lead to one another.
//!
//! Tarjan's algorithm (SIAM Journal on Computing 1, 1972) with a stack of its own, so that a
//! chain of a hundred thousand issues does not overflow that of the program. In petgraph it is
//! recursive; its Kosaraju is not, but takes about ten times as long and as much memory here.

use super::adjacency::Adjacency;

/// What stands for "in no knot yet", and for "not met yet".
const NONE: u32 = u32::MAX;

/// The knots of a graph: two nodes are in the same if and only if each leads to the other.
#[derive(Debug)]
pub(super) struct Components {
    /// The number of the knot of each node.
    numbers: Vec<u32>,
    /// Whether each node leads to itself.
    tied: Vec<bool>,
}

impl Components {
    /// The knots of this graph.
    pub(super) fn of(links: &Adjacency) -> Self {
        let numbers = numbers(links);
        let in_cycle = |node: u32| {
            let is_same = |next: &u32| numbers[*next as usize] == numbers[node as usize];
            links.of(node).iter().any(is_same)
        };
        let tied = (0..numbers.len() as u32).map(in_cycle).collect();
        Self { numbers, tied }
    }

    /// Whether `node` leads to itself.
    pub(super) fn in_cycle(&self, node: u32) -> bool {
        self.tied[node as usize]
    }

    /// Whether these are in the same knot.
    pub(super) fn same_component(&self, a: u32, b: u32) -> bool {
        self.numbers[a as usize] == self.numbers[b as usize]
    }
}

fn numbers(links: &Adjacency) -> Vec<u32> {
    let unmet = vec![NONE; links.nodes()];
    let mut walk = ComponentSearch {
        links,
        met: unmet.clone(),
        low: unmet.clone(),
        numbers: unmet,
        open: Vec::new(),
        path: Vec::new(),
        count: 0,
    };
    for root in 0..links.nodes() as u32 {
        if walk.met[root as usize] == NONE {
            walk.explore(root);
        }
    }
    walk.numbers
}

struct ComponentSearch<'l> {
    links: &'l Adjacency,
    /// When each node was met: the how manieth it was.
    met: Vec<u32>,
    /// The earliest node, by when it was met, that each is known to lead to and that is open.
    low: Vec<u32>,
    numbers: Vec<u32>,
    /// The nodes that were met and are in no knot yet, in that order.
    open: Vec<u32>,
    /// The way to where the walk stands: each node, and how many of its arrows were followed.
    path: Vec<(u32, usize)>,
    /// How many nodes were met.
    count: u32,
}

impl ComponentSearch<'_> {
    /// Finds the knots of all that `root` leads to.
    fn explore(&mut self, root: u32) {
        self.enter(root);
        while let Some((node, followed)) = self.path.last_mut() {
            let from = *node;
            match self.links.of(from).get(*followed) {
                Some(&to) => {
                    *followed += 1;
                    if self.met[to as usize] == NONE {
                        self.enter(to);
                    } else if self.numbers[to as usize] == NONE {
                        self.lower(from, self.met[to as usize]);
                    }
                }
                None => self.leave(from),
            }
        }
    }

    fn enter(&mut self, node: u32) {
        (self.met[node as usize], self.low[node as usize]) = (self.count, self.count);
        self.count += 1;
        self.open.push(node);
        self.path.push((node, 0));
    }

    fn leave(&mut self, node: u32) {
        self.path.pop();
        let low = self.low[node as usize];
        if let Some((before, _)) = self.path.last() {
            self.lower(*before, low);
        }
        if low == self.met[node as usize] {
            while let Some(member) = self.open.pop() {
                // The knot is numbered by the node through which it was entered.
                self.numbers[member as usize] = node;
                if member == node {
                    break;
                }
            }
        }
    }

    fn lower(&mut self, node: u32, low: u32) {
        let known = &mut self.low[node as usize];
        *known = low.min(*known);
    }
}
