//! Measures spans per second and CPU seconds of all subjects in turn, so that a busy machine slows
//! all of them equally, and compares this crate's exporter with its goals.
//!
//! Words after `--` select subjects: `cargo bench -p bench --bench speed -- Http`.

use std::io;
use std::time::{Duration, Instant};

use bench::{Sink, Subject, Table, Task, run_if_child, subjects};
use cpu_time::ProcessTime;

const SPANS: usize = 512;
const BATCHES: usize = 40;
const ROUNDS: usize = 7;

/// The goals: at least how many times this crate's CPU time each peer should need.
const GOALS: [(Task, &str, f64); 5] = [
    (
        Task::Encode,
        "opentelemetry-jaeger 0.22, Thrift binary",
        8.0,
    ),
    (Task::Http, "opentelemetry-jaeger 0.22, Thrift", 4.0),
    (Task::Http, "opentelemetry-otlp 0.33, protobuf", 3.0),
    (Task::Udp, "opentelemetry-jaeger 0.22, compact", 15.0),
    (Task::Grpc, "opentelemetry-otlp 0.33", 2.5),
];

struct Measured {
    subject: Subject,
    /// Spans per second in each round.
    speeds: Vec<f64>,
    /// CPU seconds for 100,000 spans in each round.
    cpu: Vec<f64>,
}

fn main() -> io::Result<()> {
    if run_if_child()? {
        return Ok(());
    }
    let sink = Sink::start()?;
    let measured = |subject| Measured {
        subject,
        speeds: Vec::new(),
        cpu: Vec::new(),
    };
    let chosen = subjects(&sink).into_iter().filter(is_chosen);
    let mut all: Vec<_> = chosen.map(measured).collect();
    // The first round is not counted: it opens connections and fills buffers.
    for round in 0..=ROUNDS {
        all.iter_mut().for_each(Measured::round);
        if round == 0 {
            all.iter_mut().for_each(Measured::forget);
        }
    }
    println!("{SPANS} spans a batch, {BATCHES} batches a round, medians of {ROUNDS} rounds\n");
    println!("{}\n{}", table(&all), goals(&all));
    Ok(())
}

/// Returns true if the subject's name contains every word of the command line.
fn is_chosen(subject: &Subject) -> bool {
    let name = format!("{subject:?}");
    let mut words = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"));
    words.all(|word| name.contains(&word))
}

impl Measured {
    fn forget(&mut self) {
        self.speeds.clear();
        self.cpu.clear();
    }

    fn round(&mut self) {
        let (mut wall, mut cpu) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..BATCHES {
            let work = self.subject.prepare(SPANS);
            let (wall_start, cpu_start) = (Instant::now(), ProcessTime::now());
            work();
            cpu += cpu_start.elapsed();
            wall += wall_start.elapsed();
        }
        let spans = f64::from(u32::try_from(BATCHES * SPANS).unwrap_or(u32::MAX));
        self.speeds.push(spans / wall.as_secs_f64());
        self.cpu.push(cpu.as_secs_f64() * 100_000.0 / spans);
    }
}

fn table(all: &[Measured]) -> Table {
    let mut table = Table::new(&[
        "task",
        "exporter",
        "spans/s",
        "CPU s/100k spans",
        "CPU, ours = 1",
    ]);
    for one in all {
        let ratio = ours(one.subject.task, all).map(|ours| ratio(one, ours));
        table.row([
            format!("{:?}", one.subject.task),
            one.subject.name.to_owned(),
            format!("{:.0}k", median(&one.speeds) / 1000.0),
            format!("{:.3}", median(&one.cpu)),
            ratio.map_or_else(String::new, |ratio| format!("{ratio:.1}")),
        ]);
    }
    table
}

fn goals(all: &[Measured]) -> Table {
    let mut table = Table::new(&["task", "beside", "CPU, ours = 1", "goal", "reached"]);
    for (task, name, goal) in GOALS {
        let peer = all
            .iter()
            .find(|one| one.subject.task == task && one.subject.name == name);
        let Some((peer, ours)) = peer.zip(ours(task, all)) else {
            continue;
        };
        let ratio = ratio(peer, ours);
        table.row([
            format!("{task:?}"),
            name.to_owned(),
            format!("{ratio:.1}"),
            format!("{goal}"),
            if ratio >= goal { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table
}

/// This crate's exporter, which is the first of its task.
fn ours(task: Task, all: &[Measured]) -> Option<&Measured> {
    all.iter().find(|one| one.subject.task == task)
}

/// The median of the ratios of all rounds, since both were measured under the same conditions in
/// each round.
fn ratio(one: &Measured, ours: &Measured) -> f64 {
    let ratios: Vec<_> = one.cpu.iter().zip(&ours.cpu).map(|(a, b)| a / b).collect();
    median(&ratios)
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
