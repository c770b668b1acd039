package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.gateway.config.GatewayConfig;
import dev.backstay.ledger.Change;
import dev.backstay.ledger.Ledger;
import dev.backstay.testkit.RawServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

/** The page, in a real browser: what it shows is so, everybody can use it, and it complains of nothing. */
class PageTest {

    private static final int RECORDS = 100_000;
    private static final int WIDTH = 1280;
    private static final int HEIGHT = 1700;

    private static Browser browser;

    private final HttpClient http = HttpClient.newHttpClient();
    private RawServer api;
    private Gateway gateway;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        browser = Browser.start();
    }

    @AfterAll
    static void quit() {
        if (browser != null) {
            browser.close();
        }
    }

    /** Every seventh attempt is turned away, and one in twenty is cut in the middle. */
    @BeforeEach
    void start() throws IOException {
        api = RawServer.start((number, talk) -> {
            if (number % 7 == 0) {
                talk.answer("503 no", "{\"error\":{\"message\":\"no room\"}}", "Retry-After: 0");
            } else if (number % 20 == 3) {
                talk.beginStream().token("and then").reset();
            } else {
                talk.chat("fine");
            }
        });
        Path settings = Files.writeString(
                folder.resolve("backstay.yaml"),
                "listen: 127.0.0.1:0\nledger: ledger.db\nadmin: {listen: \"127.0.0.1:0\"}\nupstream: {url: \""
                        + api.baseUrl() + "\"}\n");
        gateway = Gateway.start(GatewayConfig.read(settings, name -> null));
    }

    @AfterEach
    void stop() {
        browser.leave();
        gateway.close();
        api.close();
    }

    private String page() {
        return "http://127.0.0.1:" + gateway.admin().orElseThrow().getPort() + "/";
    }

    private void call(int times) {
        List<CompletableFuture<HttpResponse<String>>> running = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(gateway.url() + "/v1/chat/completions"))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"m\",\"stream\":true,\"messages\":[]}"))
                    .build();
            running.add(http.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
        }
        running.forEach(each -> each.handle((answer, cut) -> "").join());
    }

    private String get(String path) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(gateway.url() + path)).build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    /** What the metrics say of these attempts. */
    private long counted(String... labels) throws Exception {
        Matcher line = Pattern.compile("(?m)^backstay_attempts_total\\{([^}]*)\\} (\\S+)$")
                .matcher(get("/metrics"));
        long sum = 0;
        while (line.find()) {
            String said = line.group(1);
            if (List.of(labels).stream().allMatch(said::contains)) {
                sum += (long) Double.parseDouble(line.group(2));
            }
        }
        return sum;
    }

    /** A row of the funnel: never sent, nobody knows, seen. */
    private static List<Long> funnel(Browser page, String phase) {
        List<List<String>> rows = page.script("return [...document.querySelectorAll('#funnel tbody tr')]"
                + ".map(row => [...row.cells].map(cell => cell.textContent))");
        return rows.stream()
                .filter(cells -> cells.get(0).equals(phase))
                .flatMap(cells -> cells.subList(1, 4).stream())
                .map(text -> Long.parseLong(text.replace(",", "")))
                .toList();
    }

    @Test
    void its_numbers_are_those_of_the_metrics_also_while_calls_run() throws Exception {
        browser.open(page(), WIDTH, HEIGHT);
        for (int round = 0; round < 2; round++) {
            long before = counted("phase=\"done\"");
            CompletableFuture<Void> load = CompletableFuture.runAsync(() -> call(400));
            browser.await(
                    "attempts are shown while they run",
                    page -> !funnel(page, "done").isEmpty()
                            && funnel(page, "done").get(2) > before);
            long shown = funnel(browser, "done").get(2);
            assertThat(shown).isLessThanOrEqualTo(counted("phase=\"done\""));
            load.join();
        }
        for (String phase : List.of("done", "awaiting", "streaming")) {
            long all = counted("phase=\"" + phase + "\"");
            assertThat(all).as("attempts that end in %s", phase).isPositive();
            browser.await(
                    phase + " is " + all,
                    page -> funnel(page, phase).stream().mapToLong(each -> each).sum() == all);
            assertThat(funnel(browser, phase).get(2))
                    .isEqualTo(counted("phase=\"" + phase + "\"", "acknowledged=\"yes\""));
        }
        assertThat(browser.text("#causes")).contains("overloaded 503", "no room", "stream_cut");
        assertThat(browser.text("#status")).contains("of calls fail: stream_cut while streaming");
        browser.hasNothingToComplainOf();
    }

    @Test
    void it_is_there_at_once_also_with_a_full_ledger() throws Exception {
        fill();
        call(100);
        browser.open(page(), WIDTH, HEIGHT);
        browser.await(
                "calls are shown",
                page -> page.driver()
                                .findElements(By.cssSelector("button.call"))
                                .size()
                        == 50);
        double paint = browser.<Number>script(
                        "return performance.getEntriesByName('first-contentful-paint')[0].startTime")
                .doubleValue();
        double calls = browser.<Number>script("return Math.max(...performance.getEntriesByType('resource')"
                        + ".filter(each => each.name.includes('api/calls')).map(each => each.responseEnd))")
                .doubleValue();
        System.out.printf("first paint after %.0f ms, calls of %d after %.0f ms%n", paint, RECORDS, calls);
        if (Boolean.getBoolean("backstay.thorough")) { // how fast it is can only be told where nothing else runs
            assertThat(paint).isLessThan(500);
            assertThat(calls).isLessThan(1_500);
        }
        browser.element("#older").click();
        browser.await(
                "older ones come",
                page -> page.driver()
                                .findElements(By.cssSelector("button.call"))
                                .size()
                        == 100);
        browser.hasNothingToComplainOf();
    }

    private void fill() throws Exception {
        String file = folder.resolve("ledger.db").toString();
        Ledger.open(file).close();
        try (Connection ledger = DriverManager.getConnection("jdbc:sqlite:" + file)) {
            ledger.createStatement().execute("PRAGMA busy_timeout = 30000");
            ledger.createStatement()
                    .execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + RECORDS + ")"
                            + " INSERT INTO call_record (id, source, arrived_ms, took_ms, first_event_ms, operation,"
                            + " workload, priority, host, model, streamed, attempts, outcome, phase, acknowledged, status,"
                            + " gave_up, delivered, message, request_id, prompt_tokens, cached_tokens, completion_tokens, life)"
                            + " SELECT 'old-' || i, 'before', 1700000000000 + i * 1000, 900, 80, 'chat', 'interactive',"
                            + " 'default', 'api', 'm', 1, 2, 'overloaded', 'awaiting', 'yes', 503, 'attempts_spent', 0,"
                            + " 'no room', 'r' || i, 10, 0, 10, '[]' FROM n");
        }
    }

    @Test
    void it_shows_what_other_processes_watch_and_change() throws Exception {
        long now = System.currentTimeMillis();
        try (Ledger ledger = Ledger.open(folder.resolve("ledger.db").toString())) {
            ledger.watches().reached("trainer", "me", "night-run", 10, now - 5_000_000);
            ledger.watches().reached("trainer", "me", "night-run", 90, now - 200_000);
            ledger.changes()
                    .add(new Change(
                            "1", now, "me", "deployments/chat", "replicas 1 → 3", "429s: 12 % for 2 min", true));
        }
        browser.open(page(), WIDTH, HEIGHT);
        browser.await("the job comes", page -> page.text("#jobs-section").contains("night-run"));
        assertThat(browser.text("#jobs")).contains("90", "80 min 0 s");
        assertThat(browser.text("#changes")).contains("deployments/chat", "replicas 1 → 3", "429s: 12 %");
        browser.hasNothingToComplainOf();
    }

    @Test
    void a_keyboard_is_enough_to_see_the_life_of_a_call() throws Exception {
        call(60);
        browser.open(page(), WIDTH, HEIGHT);
        browser.await(
                "calls are shown",
                page -> !page.driver()
                        .findElements(By.cssSelector("button.call"))
                        .isEmpty());
        browser.driver().switchTo().activeElement().sendKeys(Keys.TAB);
        assertThat(browser.driver().switchTo().activeElement().getText()).isEqualTo("Skip to the numbers");
        browser.await("the focus comes to a call", page -> {
            page.driver().switchTo().activeElement().sendKeys(Keys.TAB);
            return "call".equals(page.driver().switchTo().activeElement().getDomAttribute("class"));
        });
        assertThat(browser.driver().switchTo().activeElement().getCssValue("outline-style"))
                .isEqualTo("solid");
        String id = browser.driver().switchTo().activeElement().getText();
        browser.driver().switchTo().activeElement().sendKeys(Keys.ENTER);
        browser.await("its life is shown", page -> page.element("#life").isDisplayed());
        assertThat(browser.text("#life-title")).isEqualTo(id);
        assertThat(browser.text("#life-lines")).contains("attempt 1", "awaiting");
        browser.picture("page-life");
        browser.driver().switchTo().activeElement().sendKeys(Keys.ESCAPE);
        browser.await("it goes away", page -> !page.element("#life").isDisplayed());
        browser.hasNothingToComplainOf();
    }

    @Test
    void it_can_be_read_by_day_by_night_and_on_a_telephone() throws Exception {
        call(200);
        browser.open(page(), WIDTH, HEIGHT);
        for (boolean dark : new boolean[] {false, true}) {
            browser.dark(dark);
            browser.await(
                    "it has numbers",
                    page -> !page.text("#tiles").isEmpty()
                            && !page.text("#calls").contains("none"));
            browser.picture(dark ? "page-dark" : "page-light");
            for (Map.Entry<String, Double> each : contrasts().entrySet()) {
                assertThat(each.getValue())
                        .as("contrast of %s, dark: %s", each.getKey(), dark)
                        .isGreaterThan(4.5);
            }
        }
        browser.dark(false);
        browser.open(page(), 500, HEIGHT);
        browser.await("it has numbers", page -> !page.text("#tiles").isEmpty());
        browser.picture("page-narrow");
        assertThat(browser.<List<String>>script("return document.documentElement.scrollWidth <= innerWidth ? []"
                        + " : [...document.querySelectorAll('body *')].filter(each => each.getBoundingClientRect().right > innerWidth)"
                        + ".map(each => each.outerHTML.slice(0, 80))"))
                .as("what sticks out")
                .isEmpty();
        browser.hasNothingToComplainOf();
    }

    /** Of each colour of text with what is behind it, as WCAG 2 reckons it. */
    private Map<String, Double> contrasts() {
        Map<String, Number> all = browser.script("""
                const light = color => color.match(/[\\d.]+/g).slice(0, 3).map(Number).map(value => value / 255)
                  .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
                  .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
                const behind = element => {
                  for (let each = element; each; each = each.parentElement) {
                    const color = getComputedStyle(each).backgroundColor;
                    if (!color.startsWith('rgba(0, 0, 0, 0')) return color;
                  }
                  return 'rgb(255, 255, 255)';
                };
                const found = {};
                for (const each of document.querySelectorAll('h1, h2, p, td, th, b, span, button')) {
                  if (!each.textContent.trim() || !each.checkVisibility()) continue;
                  const [one, two] = [light(getComputedStyle(each).color), light(behind(each))];
                  const name = `${each.tagName} ${each.className} ${getComputedStyle(each).color}`;
                  found[name] = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
                }
                return found;
                """);
        Map<String, Double> exact = new TreeMap<>();
        all.forEach((name, value) -> exact.put(name, value.doubleValue()));
        return exact;
    }
}
