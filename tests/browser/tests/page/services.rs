//! Who calls whom.

use browser_tests::{Backend, Browser, View};

use crate::traces::shop;

#[tokio::test]
async fn calls_have_rates_errors_and_latencies() {
    let backend = Backend::start();
    backend.send(&shop());
    backend.send(&shop());
    for (view, name) in [(View::Wide, "services"), (View::Dark, "services_dark")] {
        let page = Browser::open(view).await;
        page.go(&format!("{}/dependencies", backend.url())).await;
        page.until("return document.querySelector('.summary')?.textContent.endsWith('of the newest 2 traces')").await;
        assert_eq!(
            page.texts(".edges tbody td").await,
            [
                "shop",
                "store",
                "4",
                "0.067",
                "50\u{202f}%",
                "20\u{202f}ms",
                "30\u{202f}ms",
                "30\u{202f}ms"
            ]
        );
        assert_eq!(
            page.texts(".graph .node text:first-of-type").await,
            ["shop", "store"]
        );
        page.look(name).await;
        page.click(".graph .node:last-of-type").await;
        page.until("return new URL(location).searchParams.get('service') === 'store'")
            .await;
        page.close(&format!("{name}_to_search")).await;
    }
}
