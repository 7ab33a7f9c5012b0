//! The text of docs/gallery.md.

use std::fmt::Write as _;

use super::Exhibit;

const BEGINNING: &str = include_str!("beginning.md");
const END: &str = include_str!("end.md");

/// Makes the whole page.
pub(super) fn page(exhibits: &[Exhibit]) -> String {
    let mut page = BEGINNING.to_owned();
    for exhibit in exhibits {
        // Writing to a String cannot fail.
        let _infallible = write!(page, "{}", section(exhibit));
    }
    page.push_str(END);
    page
}

fn section(exhibit: &Exhibit) -> String {
    let Exhibit {
        name,
        what,
        query,
        look,
        change,
        ..
    } = exhibit;
    let started = started(exhibit);
    format!(
        "## `{name}`: {what}\n\n![The page: {what}](images/gallery/{name}.webp)\n\n{look}\n\n\
         ```text\n{query}\n```\n\n**What to change.** {change}\n\nTo have it: {started}.\n\n"
    )
}

/// The command that starts the role with the trouble.
fn started(exhibit: &Exhibit) -> String {
    let (role, trouble) = (&exhibit.role, &exhibit.trouble);
    let variables = exhibit.variables.iter();
    let variables: Vec<_> = variables
        .map(|(name, value)| format!("{name}={value} "))
        .collect();
    let variables = variables.concat();
    format!("`{variables}shop {role} --trouble {trouble}`")
}
