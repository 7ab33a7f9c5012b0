//! Spans per second and CPU seconds, everybody in turn, so that a busy machine is busy for all.

use std::io;
use std::time::{Duration, Instant};

use bench::{Sink, Subject, Table, Task, run_if_child, subjects};
use cpu_time::ProcessTime;

const SPANS: usize = 512;
const BATCHES: usize = 40;
const ROUNDS: usize = 7;

struct Measured {
    subject: Subject,
    /// Spans per second, one for each round.
    speeds: Vec<f64>,
    /// CPU seconds for 100,000 spans, one for each round.
    cpu: Vec<f64>,
}

fn main() -> io::Result<()> {
    if run_if_child()? {
        return Ok(());
    }
    let sink = Sink::start()?;
    let wanted = |subject: &Subject| {
        std::env::args()
            .skip(1)
            .filter(|a| !a.starts_with("--"))
            .all(|a| format!("{subject:?}").contains(&a))
    };
    let measured = |subject| Measured {
        subject,
        speeds: Vec::new(),
        cpu: Vec::new(),
    };
    let mut all: Vec<_> = subjects(&sink)
        .into_iter()
        .filter(wanted)
        .map(measured)
        .collect();
    // The first round is not counted: it connects, and warms the buffers.
    for round in 0..=ROUNDS {
        all.iter_mut().for_each(Measured::round);
        if round == 0 {
            all.iter_mut().for_each(Measured::forget);
        }
    }
    println!("{SPANS} spans a batch, {BATCHES} batches a round, medians of {ROUNDS} rounds\n");
    println!("{}", table(&all));
    Ok(())
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
    for task in [Task::Encode, Task::Http, Task::Udp, Task::Grpc] {
        let rows = all.iter().filter(|one| one.subject.task == task);
        let ours = rows
            .clone()
            .next()
            .map_or(f64::NAN, |ours| median(&ours.cpu));
        for one in rows {
            let cpu = median(&one.cpu);
            table.row([
                format!("{task:?}"),
                one.subject.name.to_owned(),
                format!("{:.0}k", median(&one.speeds) / 1000.0),
                format!("{cpu:.3}"),
                format!("{:.1}", cpu / ours),
            ]);
        }
    }
    table
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
