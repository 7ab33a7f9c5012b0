//! Tests of Thrift over UDP.

use std::net::UdpSocket;
use std::time::Duration;

use jaeger_exporter::{SpanExporter, UdpBuilder};
use jaeger_wire::thrift::{binary, compact};
use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::SpanExporter as _;

use crate::spans::{SERVICE, batch, counts, export, resource};

/// An agent that keeps its datagrams in the system's queue.
struct Agent {
    socket: UdpSocket,
}

impl Agent {
    fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Self { socket }
    }

    fn builder(&self) -> UdpBuilder {
        let address = self.socket.local_addr().unwrap();
        SpanExporter::udp()
            .with_env(|_| None)
            .with_host(address.ip().to_string())
            .with_port(address.port())
    }

    fn next(&self) -> Vec<u8> {
        let mut packet = vec![0; 65_536];
        let len = self.socket.recv(&mut packet).unwrap();
        packet.truncate(len);
        packet
    }

    /// Receives `spans` spans; returns the sizes of their datagrams, and their ids in order.
    fn receive(&self, spans: usize) -> (Vec<usize>, Vec<u64>) {
        let (mut sizes, mut ids) = (Vec::new(), Vec::new());
        while ids.len() < spans {
            let packet = self.next();
            sizes.push(packet.len());
            let batch = compact::decode_emit_batch(&packet).unwrap();
            assert_eq!(batch.process.service_name, SERVICE);
            ids.extend(
                batch
                    .spans
                    .iter()
                    .map(|span| u64::from_be_bytes(span.span_id)),
            );
        }
        (sizes, ids)
    }
}

fn build(builder: UdpBuilder) -> SpanExporter {
    let mut exporter = builder.build().unwrap();
    exporter.set_resource(&resource());
    exporter
}

#[test]
fn the_compact_protocol_arrives() {
    let agent = Agent::start();
    let exporter = build(agent.builder());
    assert_eq!(export(&exporter, batch(3)), Ok(()));
    assert_eq!(counts(&exporter), [3, 0, 0, 0]);
    assert_eq!(agent.receive(3).1, [1, 2, 3]);
}

#[test]
fn the_binary_protocol_arrives() {
    let agent = Agent::start();
    let exporter = build(agent.builder().binary());
    assert_eq!(export(&exporter, batch(3)), Ok(()));
    let packet = agent.next();
    let batch = binary::decode_emit_batch(&packet).unwrap();
    assert_eq!(batch.process.service_name, SERVICE);
    assert_eq!(batch.spans.len(), 3);
}

#[test]
fn a_batch_is_split_below_the_limit() {
    let agent = Agent::start();
    let exporter = build(agent.builder().with_max_packet_size(2000));
    assert_eq!(export(&exporter, batch(100)), Ok(()));
    let (sizes, ids) = agent.receive(100);
    assert_eq!(ids, (1..=100).collect::<Vec<_>>());
    assert!(sizes.iter().all(|size| *size <= 2000), "{sizes:?}");
    // All datagrams but the last are full: another span, which has less than 250 bytes here, would
    // not fit.
    let (_, full) = sizes.split_last().unwrap();
    assert!(
        full.len() > 2 && full.iter().all(|size| *size > 1750),
        "{sizes:?}"
    );
}

#[test]
fn every_limit_that_holds_one_span_loses_none() {
    let agent = Agent::start();
    let exporter = build(agent.builder());
    export(&exporter, batch(1)).unwrap();
    let one = agent.receive(1).0[0];
    for limit in one + 3..one + 200 {
        let exporter = build(agent.builder().with_max_packet_size(limit));
        assert_eq!(export(&exporter, batch(5)), Ok(()), "{limit}");
        let (sizes, ids) = agent.receive(5);
        assert_eq!(ids, [1, 2, 3, 4, 5], "{limit}");
        assert!(
            sizes.iter().all(|size| *size <= limit),
            "{limit}: {sizes:?}"
        );
    }
}

#[test]
fn a_span_that_does_not_fit_is_lost_alone() {
    let agent = Agent::start();
    let exporter = build(agent.builder().with_max_packet_size(1000));
    let mut spans = batch(10);
    spans[4].name = "dump".into();
    spans[4]
        .attributes
        .push(KeyValue::new("dump", "x".repeat(1000)));
    let error = export(&exporter, spans).unwrap_err();
    let said = format!(
        "1 of 10 spans not delivered to {}: the span `dump` needs a datagram of ",
        exporter.endpoint()
    );
    assert!(
        error.contains(&said) && error.ends_with(" bytes, more than the 1000 allowed"),
        "{error}"
    );
    assert_eq!(counts(&exporter), [9, 0, 1, 0]);
    assert_eq!(agent.receive(9).1, [1, 2, 3, 4, 6, 7, 8, 9, 10]);
}

#[test]
fn an_agent_that_is_not_there_is_named_and_found_when_it_comes() {
    let agent = Agent::start();
    let exporter = build(agent.builder());
    let address = agent.socket.local_addr().unwrap();
    drop(agent);
    let cause = format!(
        "connection refused: is an agent running and listening on UDP port {}?",
        address.port()
    );
    for _ in 0..2 {
        let error = export(&exporter, batch(2)).unwrap_err();
        assert!(error.ends_with(&cause), "{error}");
    }
    assert_eq!(counts(&exporter), [0, 0, 0, 4]);

    let agent = Agent {
        socket: UdpSocket::bind(address).unwrap(),
    };
    assert_eq!(export(&exporter, batch(2)), Ok(()));
    assert_eq!(agent.receive(2).1, [1, 2]);
}

#[test]
fn the_default_limit_carries_a_full_batch_of_the_sdk() {
    let agent = Agent::start();
    let exporter = build(agent.builder());
    assert_eq!(export(&exporter, batch(512)), Ok(()));
    let (sizes, ids) = agent.receive(512);
    assert_eq!(ids.len(), 512);
    assert!(sizes.iter().all(|size| *size <= 65_000), "{sizes:?}");
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let message = |builder: UdpBuilder| builder.build().unwrap_err().to_string();
    let udp = || SpanExporter::udp().with_env(|_| None);
    assert_eq!(
        message(udp().with_max_packet_size(65_508)),
        "with_max_packet_size=65508: expected a number of bytes from 1 to 65507"
    );
    assert_eq!(
        message(udp().with_port(0)),
        "with_port=0: expected a port from 1 to 65535"
    );
    assert_eq!(
        message(udp().with_host("udp://agent")),
        "with_host=udp://agent: expected a host's name or address, without scheme and port"
    );
}
