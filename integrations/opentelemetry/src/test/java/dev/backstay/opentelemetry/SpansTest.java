package dev.backstay.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.client.Backstay;
import dev.backstay.client.CallOptions;
import dev.backstay.client.GenAiNames;
import dev.backstay.client.LiveReply;
import dev.backstay.testkit.RawServer;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a tracing backend would have after some calls. */
class SpansTest {

    private static final String STREAMED = "{\"model\": \"m\", \"stream\": true, \"messages\": []}";

    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final InMemoryMetricReader metrics = InMemoryMetricReader.create();
    private final OpenTelemetrySdk telemetry = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(spans))
                    .build())
            .setMeterProvider(
                    SdkMeterProvider.builder().registerMetricReader(metrics).build())
            .build();
    private final CallTracing tracing = new CallTracing(telemetry);
    private final RawServer server = RawServer.start((number, talk) -> {
        if (number == 1) {
            talk.answer("503 no", "{}");
        } else if (talk.request().contains("endless")) {
            talk.beginStream().token("a");
            talk.silence();
        } else {
            talk.beginStream().token("a").done().close();
        }
    });
    private final Backstay backstay = Backstay.builder()
            .baseUrl(server.baseUrl())
            .listener(tracing)
            .listener(new GenAiMetrics(telemetry, GenAiNames.CURRENT))
            .build();

    @AfterEach
    void nothing_is_kept() {
        assertThat(tracing.open()).isZero();
        backstay.close();
        server.close();
        telemetry.close();
    }

    private SpanData named(String name, int index) {
        return spans.getFinishedSpanItems().stream()
                .filter(span -> span.getName().equals(name))
                .toList()
                .get(index);
    }

    private static String text(SpanData span, String key) {
        return span.getAttributes().get(AttributeKey.stringKey(key));
    }

    @Test
    void a_call_is_below_its_callers_span_and_its_attempts_below_it() throws Exception {
        Span mine = telemetry.getTracer("test").spanBuilder("mine").startSpan();
        LiveReply live;
        try (Scope current = mine.makeCurrent()) {
            assertThat(current).isNotNull();
            live = backstay.streamAsync(backstay.ask("/chat/completions", STREAMED), CallOptions.DEFAULT)
                    .get();
        }
        live.body().readAllBytes();
        mine.end();
        SpanData call = named("chat m", 0);
        assertThat(call.getParentSpanId()).isEqualTo(mine.getSpanContext().getSpanId());
        assertThat(call.getStatus().getStatusCode())
                .as("what was tried away is no error")
                .isEqualTo(StatusCode.UNSET);
        assertThat(call.getAttributes().get(AttributeKey.longKey("backstay.attempts")))
                .isEqualTo(2);
        assertThat(call.getEvents()).extracting(EventData::getName).containsExactly("wait");

        SpanData first = named("attempt", 0);
        assertThat(first.getParentSpanId()).isEqualTo(call.getSpanId());
        assertThat(first.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(text(first, "backstay.phase")).isEqualTo("awaiting");
        assertThat(text(first, "backstay.acknowledged")).isEqualTo("yes");
        assertThat(text(first, "error.type")).isEqualTo("overloaded");

        SpanData second = named("attempt", 1);
        assertThat(second.getParentSpanId()).isEqualTo(call.getSpanId());
        assertThat(text(second, "backstay.phase")).isEqualTo("done");
        assertThat(second.getEvents())
                .extracting(EventData::getName)
                .containsSubsequence("sending", "awaiting", "first event");
    }

    @Test
    void an_answer_that_is_closed_early_ends_its_spans() {
        try (LiveReply live =
                backstay.stream(backstay.ask("/chat/completions", STREAMED.replace("\"m\"", "\"endless\"")))) {
            assertThat(live.attempts()).isEqualTo(2);
        }
        assertThat(text(named("chat endless", 0), "error.type")).isEqualTo("cancelled");
        assertThat(spans.getFinishedSpanItems()).hasSize(3);
    }

    @Test
    void durations_are_measured_once_a_call_with_long_buckets() throws Exception {
        try (LiveReply live = backstay.stream(backstay.ask("/chat/completions", STREAMED))) {
            live.body().readAllBytes();
        }
        List<MetricData> all = List.copyOf(metrics.collectAllMetrics());
        assertThat(all)
                .extracting(MetricData::getName)
                .contains("gen_ai.client.inference.duration", "gen_ai.client.inference.time_to_first_chunk");
        MetricData duration = all.stream()
                .filter(metric -> metric.getName().equals("gen_ai.client.inference.duration"))
                .findFirst()
                .orElseThrow();
        var point = duration.getHistogramData().getPoints().iterator().next();
        assertThat(point.getCount()).isEqualTo(1);
        assertThat(point.getBoundaries()).contains(2621.44);
        assertThat(point.getAttributes().get(AttributeKey.stringKey("error.type")))
                .isNull();
    }
}
