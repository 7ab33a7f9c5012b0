//! Measures the cost of a server span beside other middleware: CPU time per request, and the part
//! that the middleware adds to axum alone.

use std::io;

use http_bench::{Child, Load, Scenario, Sink, Subject, run_if_child};

const ROUNDS: usize = 9;

/// One subject in one scenario.
struct Measured {
    subject: Subject,
    child: Child,
    /// Microseconds of CPU per request in each round.
    router: Vec<f64>,
    loopback: Vec<f64>,
}

fn main() -> io::Result<()> {
    if run_if_child()? {
        return Ok(());
    }
    let (sink, load) = (Sink::start()?, Load::new()?);
    println!(
        "µs of CPU for each request, medians of {ROUNDS} rounds; added: over bare axum; ratio: of what \
         opentelemetry-instrumentation-tower adds\n"
    );
    println!(
        "{:24}{:42}{:^26}{:^26}",
        "", "", "router in a loop", "over loopback"
    );
    println!(
        "{:24}{:42}{:>8} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "scenario", "middleware", "µs", "added", "ratio", "µs", "added", "ratio"
    );
    for scenario in Scenario::ALL {
        let mut all = Subject::ALL
            .into_iter()
            .map(|subject| Measured::start(subject, scenario, &sink))
            .collect::<io::Result<Vec<_>>>()?;
        // The first round is not counted: it opens connections and fills buffers.
        for round in 0..=ROUNDS {
            for one in &mut all {
                one.round(&load, scenario, round > 0)?;
            }
        }
        print(scenario, &all);
    }
    Ok(())
}

impl Measured {
    fn start(subject: Subject, scenario: Scenario, sink: &Sink) -> io::Result<Self> {
        Ok(Self {
            subject,
            child: Child::start(subject, scenario, sink)?,
            router: Vec::new(),
            loopback: Vec::new(),
        })
    }

    fn round(&mut self, load: &Load, scenario: Scenario, counted: bool) -> io::Result<()> {
        let router = self.child.router()?;
        let loopback = load.run(self.child.address(), scenario)?;
        if counted {
            self.router.push(router);
            self.loopback.push(loopback);
        }
        Ok(())
    }
}

fn print(scenario: Scenario, all: &[Measured]) {
    let of = |subject: Subject, values: fn(&Measured) -> &[f64]| {
        let one = all.iter().find(|one| one.subject == subject);
        one.map_or(f64::NAN, |one| median(values(one)))
    };
    let columns = |one: &Measured, values: fn(&Measured) -> &[f64]| {
        let (cpu, bare) = (median(values(one)), of(Subject::Bare, values));
        let peer = of(Subject::InstrumentationTower, values) - bare;
        if one.subject == Subject::Bare {
            return format!("{cpu:8.2} {:8} {:8}", "", "");
        }
        format!("{cpu:8.2} {:8.2} {:8.2}", cpu - bare, (cpu - bare) / peer)
    };
    for one in all {
        println!(
            "{:24}{:42}{} {}",
            scenario.name(),
            one.subject.name(),
            columns(one, |one| &one.router),
            columns(one, |one| &one.loopback),
        );
    }
    println!();
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
