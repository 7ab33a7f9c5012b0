//! The table of figures, with their targets and the figures of a peer.

/// Figures with their names, in the order of measurement.
pub(crate) type Figures = Vec<(String, f64)>;

#[derive(Default)]
pub(crate) struct Table {
    pub(crate) ours: Figures,
    pub(crate) peer: Figures,
}

/// The targets: at most or at least so much.
const TARGETS: [(&str, &str, f64); 35] = [
    ("start, ms", "<=", 50.0),
    ("start with data, ms", "<=", 500.0),
    ("memory idle, MiB", "<=", 15.0),
    ("memory peak at the fixed rate, MiB", "<=", 120.0),
    ("CPU s a million at the fixed rate, merged", "<=", 6.0),
    ("disk at the fixed rate, bytes a span", "<=", 65.0),
    ("memory with data, MiB", "<=", 250.0),
    ("OTLP HTTP: spans a second", ">=", 400_000.0),
    ("OTLP HTTP: CPU s a million", "<=", 4.0),
    ("Thrift HTTP: CPU s a million", "<=", 5.0),
    ("Jaeger gRPC: CPU s a million", "<=", 5.0),
    ("disk, bytes a span", "<=", 65.0),
    ("trace by id, cold, ms", "<=", 5.0),
    ("trace by id, ms, median", "<=", 1.0),
    ("service and tag, ms, median", "<=", 5.0),
    ("newest 20 of a service, ms, median", "<=", 5.0),
    ("rare tag, ms, median", "<=", 5.0),
    ("duration, ms, median", "<=", 5.0),
    ("errors, ms, median", "<=", 5.0),
    ("visible after the answer, ms, p99", "<=", 100.0),
    ("tag that nothing has, ms, median", "<=", 2.0),
    ("number that nothing has, ms a million", "<=", 10.0),
    ("pattern that nothing matches, ms a million", "<=", 10.0),
    ("long traces, ms a million", "<=", 20.0),
    ("rate by service, ms a million", "<=", 15.0),
    ("quantiles by name, ms a million", "<=", 25.0),
    ("comparison, ms a million", "<=", 300.0),
    ("a tenth below another tenth, ms a million", "<=", 100.0),
    ("values of a tag, ms a million", "<=", 50.0),
    ("dependencies, ms a million", "<=", 50.0),
    ("OTLP HTTP: CPU s a million, merged", "<=", 5.0),
    ("log records: CPU s a million, merged", "<=", 2.0),
    ("log records: disk, bytes a record", "<=", 30.0),
    ("text that nothing has, ms a million", "<=", 100.0),
    (
        "text that nothing has, but its start, ms a million",
        "<=",
        100.0,
    ),
];

impl Table {
    pub(crate) fn print(&self) {
        println!(
            "{:<44}{:>12}{:>14}{:>14}{:>12}",
            "", "target", "otel-backend", "peer", "peer/ours"
        );
        for (name, ours) in &self.ours {
            let target = TARGETS.iter().find(|(target, ..)| target == name);
            let target = target.map_or(String::new(), |(_, sign, value)| format!("{sign} {value}"));
            let peer = self.peer.iter().find(|(other, _)| other == name);
            let (peer, ratio) = match peer {
                Some((_, peer)) => (format!("{peer:.2}"), format!("{:.2}", peer / ours)),
                None => (String::new(), String::new()),
            };
            println!("{name:<44}{target:>12}{ours:>14.2}{peer:>14}{ratio:>12}");
        }
    }
}
