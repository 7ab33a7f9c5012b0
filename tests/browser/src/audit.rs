//! Checks that people who cannot see, point or distinguish colours can use the page in its current
//! state.
//!
//! Contrast, references, structure and keyboard access are checked in the document; names are
//! checked in the accessibility tree, which is the source for screen readers.

use serde_json::{Value, json};

use crate::Browser;

const SCRIPT: &str = include_str!("audit.js");

/// Roles that need a name.
const NAMED: [&str; 16] = [
    "button",
    "checkbox",
    "combobox",
    "dialog",
    "grid",
    "image",
    "img",
    "link",
    "navigation",
    "searchbox",
    "slider",
    "splitter",
    "tab",
    "textbox",
    "tree",
    "treeitem",
];

impl Browser {
    /// Saves a picture, and fails if the page in its current state is not accessible.
    pub async fn look(&self, name: &str) {
        self.picture(name).await;
        let problems = problems(self).await;
        assert!(problems.is_empty(), "{name}: {problems:#?}");
    }

    /// Checks the page a last time, fails if the console holds messages, and ends the browser.
    pub async fn close(self, name: &str) {
        self.look(name).await;
        let console = self.console().await;
        assert!(console.is_empty(), "the console says: {console:#?}");
        self.quit().await;
    }
}

/// The problems found, in a sentence each.
async fn problems(page: &Browser) -> Vec<String> {
    let found = page.script(SCRIPT, json!([])).await;
    let mut problems: Vec<String> = serde_json::from_value(found).unwrap_or_default();
    let tree = page.cdp("Accessibility.getFullAXTree", json!({})).await;
    let nodes = tree["nodes"].as_array().into_iter().flatten();
    problems.extend(nodes.filter_map(unnamed));
    problems
}

fn unnamed(node: &Value) -> Option<String> {
    let role = node["role"]["value"].as_str()?;
    let is_named = node["name"]["value"]
        .as_str()
        .is_some_and(|name| !name.trim().is_empty());
    let is_ignored = node["ignored"] == true;
    let is_bad = NAMED.contains(&role) && !is_named && !is_ignored;
    is_bad.then(|| format!("a {role} without a name: {}", node["properties"]))
}
