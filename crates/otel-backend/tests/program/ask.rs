//! Runs one search over every API.

use std::collections::BTreeMap;

use reqwest::Url;
use serde_json::{Value, json};

use crate::grpc::call;
use crate::support::{Backend, get};

/// A search.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ask {
    pub(crate) service: Option<String>,
    pub(crate) operation: Option<String>,
    /// The earliest start, in microseconds since the epoch.
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// The shortest duration, in nanoseconds.
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
    pub(crate) tags: BTreeMap<String, String>,
}

/// The traces that each API finds.
pub(crate) async fn found(backend: &Backend, ask: &Ask) -> Vec<(&'static str, Vec<String>)> {
    let (status, old) = get(&ask.old_url(backend)).await;
    assert_eq!(status, 200, "{ask:?}: {old}");
    let old: Value = serde_json::from_str(&old).unwrap();
    let old = ids(&old["data"], "traceID");
    let (status, v3) = get(&ask.v3_url(backend)).await;
    assert_eq!(status, 200, "{ask:?}: {v3}");
    let v3: Value = serde_json::from_str(&v3).unwrap();
    let v3 = ids(&v3["summaries"], "traceId");
    let service = "jaeger.api_v3.QueryService";
    let grpc = call(
        &backend.query_grpc(),
        service,
        "FindTraceSummaries",
        ask.message(),
    )
    .await;
    let grpc = grpc.unwrap();
    let grpc = grpc
        .first()
        .map(|answer| ids(&answer["summaries"], "traceId"));
    vec![("old", old), ("v3", v3), ("gRPC", grpc.unwrap_or_default())]
}

fn ids(list: &Value, key: &str) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    let ids = list.map(|trace| format!("{:0>32}", trace[key].as_str().unwrap()));
    ids.collect()
}

impl Ask {
    fn tags_json(&self) -> String {
        serde_json::to_string(&self.tags).unwrap()
    }

    /// The search in the old API.
    fn old_url(&self, backend: &Backend) -> String {
        let mut url = Url::parse(&backend.ui("/api/traces")).unwrap();
        let mut query = url.query_pairs_mut();
        query.append_pair("start", &self.from.to_string());
        query.append_pair("end", &self.to.to_string());
        query.append_pair("tags", &self.tags_json());
        self.append(
            &mut query,
            ["service", "operation", "minDuration", "maxDuration"],
        );
        drop(query);
        url.to_string()
    }

    /// The search in the v3 API.
    fn v3_url(&self, backend: &Backend) -> String {
        let mut url = Url::parse(&backend.ui("/api/v3/trace-summaries")).unwrap();
        let mut query = url.query_pairs_mut();
        let [from, to] = self.window();
        query.append_pair("query.startTimeMin", &from);
        query.append_pair("query.startTimeMax", &to);
        query.append_pair("query.attributes", &self.tags_json());
        let names = ["serviceName", "operationName", "durationMin", "durationMax"];
        self.append(&mut query, names.map(|name| format!("query.{name}")));
        drop(query);
        url.to_string()
    }

    /// The search over gRPC.
    fn message(&self) -> Value {
        let [from, to] = self.window();
        let mut query = json!({
            "startTimeMin": from, "startTimeMax": to, "attributes": self.tags,
        });
        let seconds =
            |nanos: u64| format!("{}.{:09}s", nanos / 1_000_000_000, nanos % 1_000_000_000);
        let members = [
            ("serviceName", self.service.clone()),
            ("operationName", self.operation.clone()),
            ("durationMin", self.min.map(seconds)),
            ("durationMax", self.max.map(seconds)),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                query[name] = value.into();
            }
        }
        json!({ "query": query })
    }

    /// The window in RFC 3339. There, an empty window is invalid, so it ends a nanosecond later.
    fn window(&self) -> [String; 2] {
        let time = |nanos: u64| {
            let time = jiff::Timestamp::from_nanosecond(nanos.into());
            time.unwrap().to_string()
        };
        let to = self.to * 1000 + u64::from(self.from == self.to);
        [time(self.from * 1000), time(to)]
    }

    fn append(
        &self,
        query: &mut url::form_urlencoded::Serializer<'_, url::UrlQuery<'_>>,
        [service, operation, min, max]: [impl AsRef<str>; 4],
    ) {
        let nanos = |nanos: &u64| format!("{nanos}ns");
        let pairs = [
            (service, self.service.clone()),
            (operation, self.operation.clone()),
            (min, self.min.as_ref().map(nanos)),
            (max, self.max.as_ref().map(nanos)),
        ];
        for (name, value) in pairs {
            if let Some(value) = value {
                query.append_pair(name.as_ref(), &value);
            }
        }
    }
}
