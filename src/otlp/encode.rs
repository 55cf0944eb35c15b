//! Spans as OTLP writes them.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as WireSpan, Status};
use prost::Message as _;

use crate::core::model::time::Timestamp;
use crate::core::trace::{Span, SpanValue};
use crate::version::VERSION;

const SERVICE: &str = "timmy";

/// A request that brings `spans`. None is a request as well, which every collector takes.
pub(super) fn request(spans: &[Span]) -> Vec<u8> {
    let scope_spans = ScopeSpans {
        scope: Some(InstrumentationScope {
            name: SERVICE.to_owned(),
            version: VERSION.to_owned(),
            ..InstrumentationScope::default()
        }),
        spans: spans.iter().map(wire).collect(),
        ..ScopeSpans::default()
    };
    let resource = Resource {
        attributes: vec![
            attribute("service.name", Value::StringValue(SERVICE.to_owned())),
            attribute("service.version", Value::StringValue(VERSION.to_owned())),
        ],
        ..Resource::default()
    };
    let of_this_process = ResourceSpans {
        resource: Some(resource),
        scope_spans: vec![scope_spans],
        ..ResourceSpans::default()
    };
    let resource_spans = if spans.is_empty() { Vec::new() } else { vec![of_this_process] };
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

fn wire(span: &Span) -> WireSpan {
    let code = if span.has_failed { StatusCode::Error } else { StatusCode::Unset };
    WireSpan {
        trace_id: span.trace.bytes().to_vec(),
        span_id: span.id.bytes().to_vec(),
        parent_span_id: span.parent.map(|parent| parent.bytes().to_vec()).unwrap_or_default(),
        name: span.name.to_owned(),
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: nanos(span.started),
        end_time_unix_nano: nanos(span.ended),
        attributes: span.facts.iter().map(|(key, value)| attribute(key, said(value))).collect(),
        status: Some(Status { code: code.into(), ..Status::default() }),
        ..WireSpan::default()
    }
}

fn said(value: &SpanValue) -> Value {
    match value {
        SpanValue::Number(number) => Value::IntValue(*number),
        SpanValue::Word(word) => Value::StringValue((*word).to_owned()),
        SpanValue::Configured(name) => Value::StringValue(name.clone()),
    }
}

fn attribute(key: &str, value: Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// Nothing that is traced was before 1970.
fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.micros()).unwrap_or_default().saturating_mul(1000)
}
