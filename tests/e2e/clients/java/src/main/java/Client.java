import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Makes one trace with Java's SDK, prints each span, and sends it: Client PROTOCOL ADDRESS. */
public class Client {
  /** Prints spans as the console exporter of Python's SDK does, and hands them on. */
  record Printed(SpanExporter exporter) implements SpanExporter {
    private static final Gson GSON =
        new GsonBuilder().serializeNulls().disableHtmlEscaping().setPrettyPrinting().create();

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      for (SpanData span : spans) {
        System.out.println(GSON.toJson(printed(span)));
      }
      CompletableResultCode result = exporter.export(spans).join(10, TimeUnit.SECONDS);
      if (!result.isSuccess()) {
        System.err.println("the spans were not taken: " + result.getFailureThrowable());
        System.exit(1);
      }
      return result;
    }

    @Override
    public CompletableResultCode flush() {
      return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return exporter.shutdown();
    }
  }

  private static Map<String, Object> printed(SpanData span) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", span.getName());
    object.put("context", ids(span.getSpanContext()));
    object.put("kind", "SpanKind." + span.getKind());
    boolean isRoot = !span.getParentSpanContext().isValid();
    object.put("parent_id", isRoot ? null : "0x" + span.getParentSpanId());
    object.put("start_time", time(span.getStartEpochNanos()));
    object.put("end_time", time(span.getEndEpochNanos()));
    object.put(
        "status",
        Map.of(
            "status_code", span.getStatus().getStatusCode().name(),
            "description", span.getStatus().getDescription()));
    object.put("attributes", attributes(span.getAttributes()));
    object.put(
        "events",
        span.getEvents().stream()
            .map(
                event ->
                    Map.of(
                        "name", event.getName(),
                        "timestamp", time(event.getEpochNanos()),
                        "attributes", attributes(event.getAttributes())))
            .toList());
    object.put(
        "links",
        span.getLinks().stream()
            .map(
                link ->
                    Map.of(
                        "context", ids(link.getSpanContext()),
                        "attributes", attributes(link.getAttributes())))
            .toList());
    object.put("resource", Map.of("attributes", attributes(span.getResource().getAttributes())));
    return object;
  }

  private static Map<String, Object> attributes(Attributes attributes) {
    Map<String, Object> object = new LinkedHashMap<>();
    attributes.forEach((key, value) -> object.put(key.getKey(), value));
    return object;
  }

  private static Map<String, String> ids(SpanContext context) {
    return Map.of(
        "trace_id", "0x" + context.getTraceId(),
        "span_id", "0x" + context.getSpanId(),
        "trace_state", "[]");
  }

  private static String time(long nanos) {
    return Instant.ofEpochSecond(0, nanos).toString();
  }

  private static SpanExporter exporter(String protocol, String address) {
    return switch (protocol) {
      case "otlp-http" -> OtlpHttpSpanExporter.builder().setEndpoint(address + "/v1/traces").build();
      case "otlp-grpc" -> OtlpGrpcSpanExporter.builder().setEndpoint(address).build();
      default -> throw new IllegalArgumentException("no exporter for " + protocol);
    };
  }

  public static void main(String[] arguments) {
    Attributes name = Attributes.of(AttributeKey.stringKey("service.name"), "client-java");
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .setResource(Resource.create(name))
            .addSpanProcessor(
                SimpleSpanProcessor.create(new Printed(exporter(arguments[0], arguments[1]))))
            .build();
    Tracer tracer = provider.tracerBuilder("clients").setInstrumentationVersion("1.0").build();
    SpanContext other =
        SpanContext.create(
            "0af7651916cd43dd8448eb211c80319c",
            "b7ad6b7169203331",
            TraceFlags.getSampled(),
            TraceState.getDefault());
    Span root =
        tracer
            .spanBuilder("GET /")
            .setSpanKind(SpanKind.SERVER)
            .setAttribute("text", "grüße")
            .setAttribute("whole", -7)
            .setAttribute("part", 0.5)
            .setAttribute("yes", true)
            .setAttribute(AttributeKey.stringArrayKey("list"), List.of("a", "b"))
            .addLink(other, Attributes.of(AttributeKey.stringKey("why"), "because"))
            .startSpan();
    root.setStatus(StatusCode.OK);
    Context below = Context.root().with(root);
    Span child =
        tracer.spanBuilder("SELECT").setSpanKind(SpanKind.CLIENT).setParent(below).startSpan();
    child.addEvent("row", Attributes.of(AttributeKey.longKey("number"), 1L));
    child.setStatus(StatusCode.ERROR, "deadlock");
    child.end();
    tracer.spanBuilder("work").setAttribute("empty", "").setParent(below).startSpan().end();
    root.end();
    provider.close();
  }
}
