//! The measured figures, beside their targets.

/// A figure of one run.
#[derive(Debug)]
pub(crate) struct Figure {
    name: &'static str,
    value: f64,
    target: &'static str,
}

impl Figure {
    /// A figure with its target, or `""`.
    pub(crate) fn new(name: &'static str, value: f64, target: &'static str) -> Self {
        Self {
            name,
            value,
            target,
        }
    }
}

/// Prints a Markdown table with a row for each figure of these runs: its median, its extremes, and
/// its target.
pub(crate) fn print(title: &str, runs: &[Vec<Figure>]) {
    println!("| {title} | median | least | most | target |");
    println!("|---|---|---|---|---|");
    let first = runs.first().into_iter().flatten();
    for (at, Figure { name, target, .. }) in first.enumerate() {
        let [median, least, most] = spread(runs, at);
        println!("| {name} | {median:.0} | {least:.0} | {most:.0} | {target} |");
    }
    println!();
}

fn spread(runs: &[Vec<Figure>], at: usize) -> [f64; 3] {
    let mut values: Vec<_> = runs
        .iter()
        .filter_map(|run| run.get(at).map(|figure| figure.value))
        .collect();
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    [last / 2, 0, last].map(|place| values.get(place).copied().unwrap_or(f64::NAN))
}
