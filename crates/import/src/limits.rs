//! How much a document may ask for.

/// Bounds on a document, so that a small one cannot cost much.
///
/// JSON is bounded by its size alone: what an import has no use for is skipped in one pass, without recursion.
/// YAML has aliases and costs more per byte, so its parts are counted too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes.
    pub bytes: usize,
    /// The deepest nesting of a YAML document. Reading it is recursive: 64 levels took 1.5 MiB of stack unoptimised,
    /// where a thread has 2 MiB. GitHub's document has 22.
    pub depth: usize,
    /// The most values of a YAML document, as written.
    pub nodes: usize,
    /// The most values that YAML aliases may add by repeating others.
    pub alias_nodes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 16 * 1024 * 1024, depth: 48, nodes: 1_000_000, alias_nodes: 200_000 }
    }
}
