//! Tests that the report is true if a program ends while its threads keep making spans.

use std::time::Duration;

use crate::endings::{ending, ready, send};
use crate::program::{Ended, run};
use crate::receiver::{Answer, Receiver};

/// The time limit for the last spans, and as much again for a slow machine.
const BOUND: Duration = Duration::from_secs(10);

/// The numbers in the report's line: sent, acknowledged and lost.
fn report(ended: &Ended) -> [usize; 3] {
    let line = ended.stderr.lines().find(|line| line.contains(" sent to "));
    let line = line.unwrap_or_else(|| panic!("no report in: {}", ended.stderr));
    let before = |words: &str| {
        let (number, _) = line.split_once(words).unwrap();
        number.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let sent = if line.contains(" span sent") {
        before(" span sent")
    } else {
        before(" spans sent")
    };
    [sent, before(" acknowledged"), before(" lost")]
}

#[tokio::test]
async fn every_span_is_acknowledged_or_said_to_be_lost() {
    for (how, code) in [
        ("panic-under-load", 101),
        ("exit-under-load", 7),
        ("current-thread-under-load", 0),
    ] {
        for protocol in ["http/protobuf", "grpc"] {
            let receiver = match protocol {
                "grpc" => Receiver::grpc(Answer::Accept).await,
                _ => Receiver::http(Answer::Accept).await,
            };
            let ended = run(&mut ending(how, protocol, &receiver)).await;
            let [sent, acknowledged, lost] = report(&ended);
            assert_eq!(ended.code, Some(code), "{how} {protocol}: {}", ended.stderr);
            assert_eq!(sent, acknowledged + lost, "{how} {protocol}");
            assert_eq!(
                receiver.span_names().len(),
                acknowledged,
                "{how} {protocol}"
            );
            assert!(acknowledged > 0, "{how} {protocol}");
            assert!(ended.took < BOUND, "{how} {protocol}: {:?}", ended.took);
        }
    }
}

#[tokio::test]
async fn a_signal_under_load_flushes_too() {
    for signal in ["TERM", "INT"] {
        let receiver = Receiver::http(Answer::Accept).await;
        let mut child = ending("signal-under-load", "http/protobuf", &receiver)
            .spawn()
            .unwrap();
        ready(&mut child).await;
        send(signal, &child).await;
        let output = child.wait_with_output().await.unwrap();
        let ended = Ended::of(output, Duration::ZERO);
        let [sent, acknowledged, lost] = report(&ended);
        assert_eq!(sent, acknowledged + lost);
        assert_eq!(receiver.span_names().len(), acknowledged);
        assert!(acknowledged > 0, "{}", ended.stderr);
    }
}

#[tokio::test]
async fn a_backend_that_is_down_or_hangs_holds_no_ending_up() {
    for answer in [Answer::Hang, Answer::Status(503)] {
        for how in [
            "panic-under-load",
            "exit-under-load",
            "current-thread-under-load",
        ] {
            let receiver = Receiver::http(answer).await;
            let ended = run(&mut ending(how, "http/protobuf", &receiver)).await;
            let [sent, acknowledged, lost] = report(&ended);
            assert_eq!(
                (acknowledged, lost),
                (0, sent),
                "{how} {answer:?}: {}",
                ended.stderr
            );
            assert!(ended.took < BOUND, "{how} {answer:?}: {:?}", ended.took);
        }
    }
}
