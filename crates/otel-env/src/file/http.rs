//! `instrumentation/development`: the settings of HTTP spans.

use http::HeaderName;

use super::section::{Item, Section};
use crate::http_spans::Http;

pub(super) fn read(section: Option<Section<'_>>) -> Http {
    let mut http = Http::default();
    let Some(section) = section else { return http };
    if let Some(general) = section.section_or_null("general") {
        if let Some(settings) = general.section_or_null("http") {
            sides(&settings, &mut http);
            settings.end_with_notes();
        }
        general.end_with_notes();
    }
    for language in [
        "cpp", "dotnet", "erlang", "go", "java", "js", "php", "python", "ruby", "swift",
    ] {
        // These settings are for programs in other languages.
        section.item(language);
    }
    section.pass_over(
        "rust",
        "no instrumentation here has settings of its own; it is passed over",
    );
    section.end();
    http
}

fn sides(settings: &Section<'_>, http: &mut Http) {
    if let Some(server) = settings.section_or_null("server") {
        http.server_request_headers = headers(&server, "request_captured_headers");
        http.server_response_headers = headers(&server, "response_captured_headers");
        http.known_methods = methods(&server);
        server.end();
    }
    if let Some(client) = settings.section_or_null("client") {
        http.client_request_headers = headers(&client, "request_captured_headers");
        http.client_response_headers = headers(&client, "response_captured_headers");
        let methods = methods(&client);
        if methods.is_some() && http.known_methods.is_some() && methods != http.known_methods {
            client.error("servers and clients have the same known_methods here");
        }
        http.known_methods = http.known_methods.take().or(methods);
        client.end();
    }
}

fn headers(side: &Section<'_>, key: &'static str) -> Vec<HeaderName> {
    let header = |item: Item<'_>| {
        let name: Option<HeaderName> = item.text()?.parse().ok();
        name.or_else(|| item.refuse("the name of a header"))
    };
    side.list(key).into_iter().filter_map(header).collect()
}

fn methods(side: &Section<'_>) -> Option<Vec<String>> {
    let item = side.item("known_methods")?;
    let methods = item.items()?;
    let methods = methods.iter().filter_map(Item::text);
    Some(methods.map(str::to_owned).collect())
}
