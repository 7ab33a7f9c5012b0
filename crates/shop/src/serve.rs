//! The server of a role.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use otel_auto::http::ServerLayer;
use tokio::net::TcpListener;

/// Serves `app`, with a server span for each request, until `end`.
///
/// The first line on standard output says where, for whoever asked for port 0.
pub(crate) async fn serve(
    role: &str,
    listen: SocketAddr,
    app: Router,
    end: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen).await;
    let listener = listener
        .with_context(|| format!("cannot listen on {listen}; --listen moves the {role}"))?;
    println!("{role} listens on http://{}", listener.local_addr()?);
    let app = app
        .layer(ServerLayer::new())
        .into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app)
        .with_graceful_shutdown(end)
        .await?;
    Ok(())
}
