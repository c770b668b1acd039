package dev.backstay.gateway;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Notices that files have changed: by their contents, because times and links lie (Kubernetes swaps a link, copies keep times). A
 * change counts when it has been seen twice, so that half of a copy is not taken for the whole.
 */
final class Watch implements Runnable {

    private static final int GONE = -1;

    private final Supplier<List<Path>> files;
    private final Runnable whenChanged;
    private Map<Path, Integer> known;
    private Map<Path, Integer> seen;

    /** @param files which ones, asked anew each time */
    Watch(Supplier<List<Path>> files, Runnable whenChanged) {
        this.files = files;
        this.whenChanged = whenChanged;
        this.known = look();
        this.seen = known;
    }

    @Override
    public void run() {
        Map<Path, Integer> now = look();
        if (!now.equals(known) && now.equals(seen)) {
            known = now;
            whenChanged.run();
            known = look(); // the new settings may name other files
        }
        seen = now;
    }

    private Map<Path, Integer> look() {
        Map<Path, Integer> contents = new HashMap<>();
        for (Path file : files.get()) {
            try {
                contents.put(file, Arrays.hashCode(Files.readAllBytes(file)));
            } catch (IOException gone) {
                contents.put(file, GONE);
            }
        }
        return contents;
    }
}
