//! Compares `docs/variables.md` with the tables.

use std::fmt::Write;

use super::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/variables.md");

#[test]
fn the_document_says_what_the_tables_say() {
    let expected = document();
    if std::fs::read_to_string(FILE).unwrap_or_default() != expected {
        std::fs::write(FILE, expected).unwrap();
        panic!("{FILE} did not say what the tables say; it has been written anew: commit it");
    }
}

fn document() -> String {
    let mut text = "\
An empty variable counts as unset. Names of exporters, propagators, samplers, protocols and levels
may be in upper or lower case. All values that are refused, and all variables that are set but not
used, are reported together on stderr at the start.
"
    .to_owned();
    for group in GROUPS {
        write_group(&mut text, group);
    }
    text.push_str(
        "
These variables are not honoured; if one is set, that is reported:

| variable | why |
|---|---|
",
    );
    for ignored in IGNORED {
        let agreed = ignored.agreed.map(|agreed| {
            format!("; `{agreed}` asks for what happens anyway, and is not reported")
        });
        let agreed = agreed.unwrap_or_default();
        writeln!(
            text,
            "| `{}` | {}{agreed} |",
            ignored.name,
            as_markdown(ignored.reason)
        )
        .unwrap();
    }
    text
}

fn write_group(text: &mut String, group: &Group) {
    let title = group.title;
    write!(
        text,
        "\n**{title}**\n\n| variable | default | accepted | otherwise |\n|---|---|---|---|\n"
    )
    .unwrap();
    for variable in group.variables {
        let instead = variable.instead().unwrap_or_default();
        let cells = [variable.name, variable.default, variable.accepts, &instead];
        writeln!(text, "| {} |", cells.map(as_markdown).join(" | ")).unwrap();
    }
}

/// Formats names and values as code, and escapes them for Markdown.
fn as_markdown(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let bare = word.trim_end_matches([',', ';']);
        let rest = word.strip_prefix(bare).unwrap_or_default();
        if bare.contains(['_', '/', '<', '=']) {
            format!("`{bare}`{rest}")
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
