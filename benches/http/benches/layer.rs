//! Measures the cost of a server span beside other middleware: CPU time per request, and the part
//! that the middleware adds to axum or tonic alone.

use std::io;

use http_bench::{Child, Load, Protocol, Scenario, Sink, Subject, run_if_child};

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
    println!("µs of CPU for each request, medians of {ROUNDS} rounds\n");
    for protocol in Protocol::ALL {
        compare(protocol, &sink, &load)?;
    }
    Ok(())
}

fn compare(protocol: Protocol, sink: &Sink, load: &Load) -> io::Result<()> {
    println!(
        "{protocol:?}; ratio: of what {} adds\n",
        protocol.peer().name()
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
        let mut all = protocol
            .subjects()
            .map(|subject| Measured::start(subject, scenario, sink))
            .collect::<io::Result<Vec<_>>>()?;
        // The first round is not counted: it opens connections and fills buffers.
        for round in 0..=ROUNDS {
            for one in &mut all {
                one.round(load, protocol, scenario, round > 0)?;
            }
        }
        print(protocol, scenario, &all);
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

    fn round(
        &mut self,
        load: &Load,
        protocol: Protocol,
        scenario: Scenario,
        counted: bool,
    ) -> io::Result<()> {
        let router = self.child.router()?;
        let loopback = load.run(self.child.address(), protocol, scenario)?;
        if counted {
            self.router.push(router);
            self.loopback.push(loopback);
        }
        Ok(())
    }
}

fn print(protocol: Protocol, scenario: Scenario, all: &[Measured]) {
    let of = |subject: Subject, values: fn(&Measured) -> &[f64]| {
        let one = all.iter().find(|one| one.subject == subject);
        one.map_or(f64::NAN, |one| median(values(one)))
    };
    let columns = |one: &Measured, values: fn(&Measured) -> &[f64]| {
        let (cpu, bare) = (median(values(one)), median(values(&all[0])));
        let peer = of(protocol.peer(), values) - bare;
        if one.subject == all[0].subject {
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
