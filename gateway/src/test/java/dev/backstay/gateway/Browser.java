package dev.backstay.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.SessionNotCreatedException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

/** A real Chromium without a window (Debian: chromium, chromium-driver), where there is one. */
final class Browser implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** Starts one; without one the test says that it was skipped. */
    static Browser start() {
        Optional<Path> program = installed("chromium");
        Optional<Path> helper = installed("chromedriver");
        assumeThat(program.isPresent() && helper.isPresent())
                .as("chromium and chromedriver are installed (Debian: chromium, chromium-driver)")
                .isTrue();
        LoggingPreferences everything = new LoggingPreferences();
        everything.enable(LogType.BROWSER, Level.ALL);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(program.get().toFile());
        options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-proxy-server");
        options.setCapability("goog:loggingPrefs", everything);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(helper.get().toFile())
                .build();
        try {
            return new Browser(new ChromeDriver(service, options));
        } catch (SessionNotCreatedException cannot) {
            assumeThat(cannot).as("the chromium that is installed starts here").isNull();
            throw cannot;
        }
    }

    static boolean isInstalled(String program) {
        return installed(program).isPresent();
    }

    private static Optional<Path> installed(String program) {
        return Stream.of(String.valueOf(System.getenv("PATH")).split(File.pathSeparator))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    ChromeDriver driver() {
        return driver;
    }

    void open(String url, int width, int height) {
        driver.manage().window().setSize(new Dimension(width, height));
        driver.get(url);
    }

    /** Goes away from a page whose server is about to end, and forgets what it complained of. */
    void leave() {
        driver.get("about:blank");
        driver.manage().logs().get(LogType.BROWSER);
    }

    /** Whether people who like it so see it dark. */
    void dark(boolean dark) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    WebElement element(String css) {
        return driver.findElement(By.cssSelector(css));
    }

    String text(String css) {
        return element(css).getText();
    }

    /** Looks until there is something to see. */
    <T> T await(String what, Function<Browser, T> look) {
        return new WebDriverWait(driver, PATIENCE)
                .pollingEvery(Duration.ofMillis(100))
                .ignoring(org.openqa.selenium.StaleElementReferenceException.class)
                .withMessage(() -> what + "; the page says: " + text("body"))
                .until(any -> look.apply(this));
    }

    @SuppressWarnings("unchecked")
    <T> T script(String script, Object... arguments) {
        return (T) driver.executeScript(script, arguments);
    }

    /** What it looks like, for people: in {@code target/}. */
    void picture(String name) throws IOException {
        Files.write(Path.of("target", name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
    }

    void hasNothingToComplainOf() {
        assertThat(driver.manage().logs().get(LogType.BROWSER).getAll()).isEmpty();
    }

    @Override
    public void close() {
        driver.quit();
    }
}
