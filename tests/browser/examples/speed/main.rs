//! Measures how fast the trace page and the search page open and respond, in headless Chromium.
//!
//! ```text
//! cargo run --release -p browser-tests --example speed
//! cargo run --release -p browser-tests --example speed -- --base-url http://127.0.0.1:16686
//! ```
//!
//! Without `--base-url` it measures the page of the otel-backend that is built beside it; otherwise
//! any page with Jaeger's addresses: our own or Jaeger UI. Traces are generated (five services, up
//! to 18 levels, eight attributes per span, some events and errors) and sent over OTLP/HTTP. For the search
//! page a million spans are sent in small traces.
//!
//! - The first row is the time from the start of the navigation to the end of the first frame with
//!   a visible row; the whole is the same for rows of the whole trace.
//! - Idle is the end of the last long task (over 50 ms) before half a second without one.
//! - The search page stands when list, charts and heat map show the answers to its query.
//! - An interaction lasts from the time stamp of its input event to the paint that shows its
//!   result.
//! - Each run has a browser and a profile of its own, and waits until that browser has started. A
//!   page's figures are printed when all its runs are done.

mod figures;
mod measure;
mod page;
mod search;
mod traces;

use browser_tests::Backend;
use clap::{Parser, ValueEnum};

/// Measures how fast the trace page opens and responds, in headless Chromium.
#[derive(Parser)]
struct Options {
    /// The address of the page; by default otel-backend is started.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,

    /// The address of that backend's OTLP receiver over HTTP.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4318")]
    otlp_url: String,

    /// The pages that are measured. Jaeger UI has no such search.
    #[arg(long, value_delimiter = ',', default_value = "trace,search")]
    pages: Vec<Page>,

    /// The numbers of spans in the traces.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,50000,100000")]
    spans: Vec<u32>,

    /// The number of spans that are sent before the search page is measured; 0 if the backend has
    /// enough of the last hour.
    #[arg(long, default_value_t = 1_000_000)]
    search_spans: u32,

    /// The number of times that each page is opened.
    #[arg(long, default_value_t = 3)]
    runs: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Page {
    Trace,
    Search,
}

#[tokio::main]
async fn main() {
    let options = Options::parse();
    let own = options.base_url.is_none().then(Backend::start);
    let (page, otlp) = match (&own, options.base_url) {
        (Some(backend), _) => (backend.url().to_owned(), backend.otlp_url().to_owned()),
        (None, base) => (base.unwrap_or_default(), options.otlp_url),
    };
    let page = page.trim_end_matches('/');
    if options.pages.contains(&Page::Trace) {
        for spans in options.spans {
            let trace = traces::send(&otlp, spans);
            let mut runs = Vec::new();
            for _ in 0..options.runs {
                runs.push(measure::run(page, &trace, spans).await);
            }
            figures::print(&format!("{spans} spans"), &runs);
        }
    }
    if options.pages.contains(&Page::Search) {
        traces::send_many(&otlp, options.search_spans);
        let mut runs = Vec::new();
        for _ in 0..options.runs {
            runs.push(search::run(page).await);
        }
        figures::print("search", &runs);
    }
}
