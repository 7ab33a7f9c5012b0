//! Counts datagrams that the system dropped because the socket's buffer was full.
//!
//! Spec: <https://man7.org/linux/man-pages/man5/proc.5.html>, `/proc/net/udp`

use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;

use super::labels::{OfProtocol, Protocol};

/// The ports that receive datagrams.
#[derive(Debug)]
pub struct UdpDrops(pub Vec<(Protocol, u16)>);

impl Collector for UdpDrops {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let help = "Datagrams that the system dropped before they were read";
        let name = "otel_backend_udp_dropped";
        let mut encoder = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        let tables = ["/proc/net/udp", "/proc/net/udp6"];
        let tables = tables.map(|path| fs::read_to_string(path).unwrap_or_default());
        for &(protocol, port) in &self.0 {
            let drops = tables.iter().flat_map(|table| table.lines());
            let drops = drops.filter_map(|line| drops_of(line, port)).sum();
            let labels = OfProtocol { protocol };
            ConstCounter::<u64>::new(drops).encode(encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }
}

/// The drops in a line of the table, if it is for that port.
fn drops_of(line: &str, port: u16) -> Option<u64> {
    let mut fields = line.split_whitespace();
    let (_, local) = fields.nth(1)?.rsplit_once(':')?;
    let is_wanted = u16::from_str_radix(local, 16).ok()? == port;
    is_wanted.then(|| fields.last()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_port_tells_its_drops() {
        let line = " 2373: 0100007F:1AAF 00000000:0000 07 00000000:00000000 00:00000000 \
                    00000000     0        0 408660 2 0000000061dfe058 17";
        assert_eq!(drops_of(line, 6831), Some(17));
        assert_eq!(drops_of(line, 6832), None);
        assert_eq!(drops_of("  sl  local_address rem_address", 6831), None);
    }
}
