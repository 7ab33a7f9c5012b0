//! The servers of the roles.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use otel_auto::http::ServerLayer;
use tokio::net::TcpListener;

/// Listens for a role.
///
/// Prints the address, which is needed if the port was 0.
pub(crate) async fn listen(role: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    let listener = listener
        .with_context(|| format!("cannot listen on {address}; --listen moves the {role}"))?;
    println!("{role} listens on http://{}", listener.local_addr()?);
    Ok(listener)
}

/// Serves `app`, with a server span for each request, until the program is asked to end.
pub(crate) async fn serve(role: &str, address: SocketAddr, app: Router) -> anyhow::Result<()> {
    let app = app
        .layer(ServerLayer::new())
        .into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listen(role, address).await?, app)
        .with_graceful_shutdown(otel_auto::shutdown_signal())
        .await?;
    Ok(())
}
