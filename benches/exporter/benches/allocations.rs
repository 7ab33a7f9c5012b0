//! Measures allocations and bytes per span. Separate from the speed measurement, since counting
//! slows the exporters that allocate most.

use std::alloc::System;
use std::io;

use bench::{Sink, Subject, Table, Task, run_if_child, subjects};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Few enough spans for the sink's UDP queue to hold a batch.
const SPANS: usize = 100;
const BATCHES: usize = 20;
/// The number of batches before the measurement.
const WARM: usize = 5;

fn main() -> io::Result<()> {
    if run_if_child()? {
        return Ok(());
    }
    let mut sink = Sink::start()?;
    let mut table = Table::new(&["task", "exporter", "allocations/span", "bytes/span"]);
    for mut subject in subjects(&sink) {
        let allocations: Vec<_> = (0..WARM + BATCHES)
            .map(|_| allocations(&mut subject))
            .collect();
        let warm: u64 = allocations[WARM..].iter().sum();
        let bytes = bytes(&mut subject, &mut sink)?;
        table.row([
            format!("{:?}", subject.task),
            subject.name.to_owned(),
            per(warm, BATCHES * SPANS),
            if subject.task == Task::Encode {
                "-".to_owned()
            } else {
                per(bytes, SPANS)
            },
        ]);
    }
    println!("{SPANS} spans a batch; buffers are warm\n\n{table}");
    Ok(())
}

fn allocations(subject: &mut Subject) -> u64 {
    let work = subject.prepare(SPANS);
    let region = Region::new(ALLOCATOR);
    work();
    let change = region.change();
    (change.allocations + change.reallocations) as u64
}

/// The size of one batch in bytes. Datagrams may still be on their way after the send.
fn bytes(subject: &mut Subject, sink: &mut Sink) -> io::Result<u64> {
    if subject.task == Task::Encode {
        return Ok(0);
    }
    while sink.take_bytes()? > 0 {}
    subject.prepare(SPANS)();
    loop {
        match sink.take_bytes()? {
            0 => std::thread::yield_now(),
            bytes => return Ok(bytes),
        }
    }
}

fn per(total: u64, spans: usize) -> String {
    let hundredths = total * 100 / spans as u64;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
