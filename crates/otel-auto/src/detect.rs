//! Detects resource attributes of the program.
//!
//! <https://opentelemetry.io/docs/specs/semconv/resource/>

use std::fs;

use opentelemetry::KeyValue;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

use crate::config::Detector;

/// The length of a container's id, in hexadecimal digits.
const CONTAINER_ID: usize = 64;

/// The attributes of `detector`; those that cannot be detected are left out.
pub(crate) fn attributes(detector: Detector) -> Vec<KeyValue> {
    let found = match detector {
        Detector::Container => vec![("container.id", container())],
        Detector::Host => vec![
            ("host.name", first_line("/proc/sys/kernel/hostname")),
            ("host.arch", Some(arch(std::env::consts::ARCH).to_owned())),
            ("host.id", first_line("/etc/machine-id")),
        ],
        Detector::Os => vec![
            ("os.type", Some(os(std::env::consts::OS).to_owned())),
            ("os.version", first_line("/proc/sys/kernel/osrelease")),
            (
                "os.description",
                text("/etc/os-release").as_deref().and_then(description),
            ),
        ],
        Detector::Process => return process(),
        Detector::Service => vec![("service.instance.id", Some(instance()))],
    };
    let found = found.into_iter();
    found
        .filter_map(|(key, value)| Some(KeyValue::new(key, value?)))
        .collect()
}

fn process() -> Vec<KeyValue> {
    let path = std::env::current_exe().ok();
    let name = path.as_ref().and_then(|path| path.file_name());
    let name = name.map(|name| name.to_string_lossy().into_owned());
    let path = path.map(|path| path.to_string_lossy().into_owned());
    // The arguments are left out, since they may hold passwords.
    let command = std::env::args_os().next();
    let command = command.map(|command| command.to_string_lossy().into_owned());
    let texts = [
        ("process.executable.name", name),
        ("process.executable.path", path),
        ("process.command", command),
    ];
    let texts = texts.into_iter();
    let pid = KeyValue::new("process.pid", i64::from(std::process::id()));
    std::iter::once(pid)
        .chain(texts.filter_map(|(key, value)| Some(KeyValue::new(key, value?))))
        .collect()
}

/// A random UUID, as defined in RFC 9562.
fn instance() -> String {
    let random = u128::from_be_bytes(RandomIdGenerator::default().new_trace_id().to_bytes());
    let version = random & !(0xf << 76) | 0x4 << 76;
    let hex = format!("{:032x}", version & !(0x3 << 62) | 0x2 << 62);
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
    let groups = groups.map(|range| hex.get(range).unwrap_or_default());
    groups.join("-")
}

/// The container's id: with cgroup v1 from a path, with v2 from the files mounted into the
/// container.
fn container() -> Option<String> {
    let by_group = text("/proc/self/cgroup").as_deref().and_then(in_cgroup);
    by_group.or_else(|| text("/proc/self/mountinfo").as_deref().and_then(in_mounts))
}

fn in_cgroup(text: &str) -> Option<String> {
    let mut parts = text.split(|c: char| !c.is_ascii_alphanumeric());
    parts.find(|part| is_id(part)).map(str::to_owned)
}

fn in_mounts(text: &str) -> Option<String> {
    let mut after = text.split("/containers/").skip(1);
    after.find_map(|rest| {
        let id = rest.get(..CONTAINER_ID)?;
        is_id(id).then(|| id.to_owned())
    })
}

fn is_id(text: &str) -> bool {
    text.len() == CONTAINER_ID && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The human-readable name in the file `os-release`.
fn description(text: &str) -> Option<String> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(line.trim_matches(['"', '\'']).to_owned())
}

/// The name of a processor architecture in the conventions, if Rust's differs.
fn arch(name: &str) -> &str {
    match name {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        "powerpc" => "ppc32",
        "powerpc64" => "ppc64",
        other => other,
    }
}

/// The name of an operating system in the conventions, if Rust's differs.
fn os(name: &str) -> &str {
    match name {
        "macos" => "darwin",
        "dragonfly" => "dragonflybsd",
        other => other,
    }
}

fn text(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

fn first_line(path: &str) -> Option<String> {
    let line = text(path)?.lines().next()?.trim().to_owned();
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_container_is_known_by_its_cgroup_or_its_mounts() {
        let id = "0123456789abcdef".repeat(4);
        let cgroup = format!("12:cpu:/docker/{id}\n0::/\n");
        assert_eq!(in_cgroup(&cgroup), Some(id.clone()));
        let slice = format!("0::/system.slice/cri-containerd-{id}.scope");
        assert_eq!(in_cgroup(&slice), Some(id.clone()));
        assert_eq!(in_cgroup("0::/user.slice/session-1.scope"), None);
        let layer = "f".repeat(64);
        let mounts = format!(
            "1 2 0:1 / / rw - overlay overlay lowerdir=/overlay2/{layer}/diff\n\
             3 4 8:1 /var/lib/docker/containers/{id}/hostname /etc/hostname rw - ext4"
        );
        assert_eq!(in_mounts(&mounts), Some(id));
        assert_eq!(in_mounts("1 2 0:1 / / rw - overlay overlay rw"), None);
    }

    #[test]
    fn an_instance_is_a_random_uuid() {
        let (one, other) = (instance(), instance());
        assert_ne!(one, other);
        let lengths: Vec<_> = one.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{one}");
        assert!(one.split('-').nth(2).unwrap().starts_with('4'), "{one}");
        let variant = one.split('-').nth(3).unwrap();
        assert!(variant.starts_with(['8', '9', 'a', 'b']), "{one}");
    }

    #[test]
    fn the_system_has_a_name() {
        let release = "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 13\"\n";
        assert_eq!(description(release).as_deref(), Some("Debian GNU/Linux 13"));
        assert_eq!(description("ID=debian"), None);
        assert_eq!(
            (arch("x86_64"), arch("riscv64"), os("macos")),
            ("amd64", "riscv64", "darwin")
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn every_detector_finds_its_attributes_here() {
        let keys = |detector| {
            let found = attributes(detector).into_iter();
            found.map(|found| found.key.to_string()).collect::<Vec<_>>()
        };
        for key in ["host.name", "host.arch"] {
            assert!(
                keys(Detector::Host).iter().any(|found| found == key),
                "{key}"
            );
        }
        for key in ["os.type", "os.version"] {
            assert!(keys(Detector::Os).iter().any(|found| found == key), "{key}");
        }
        assert_eq!(keys(Detector::Process).len(), 4);
        assert_eq!(keys(Detector::Service), ["service.instance.id"]);
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_harm(text in "(/containers/|[0-9a-f]{60,70}|\\PC|\n){0,8}") {
            for id in [in_cgroup(&text), in_mounts(&text)].into_iter().flatten() {
                prop_assert!(is_id(&id));
            }
        }
    }
}
