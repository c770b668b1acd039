package dev.backstay.platform;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** One trainer job: what becomes of it is worked out when somebody looks, from when its present life began. */
final class Trainer {

    static final long NOTHING_LOADED = -1;

    /** Where a life is. */
    enum Stage {
        PENDING("JOB_STATE_PENDING"),
        CREATING("JOB_STATE_CREATING"),
        RUNNING("JOB_STATE_RUNNING"),
        LEAVING("JOB_STATE_DELETING_CLEANING_UP"),
        FAILED("JOB_STATE_FAILED"),
        PAUSED("JOB_STATE_PAUSED"),
        CANCELLED("JOB_STATE_CANCELLED"),
        COMPLETED("JOB_STATE_COMPLETED"),
        DELETED("JOB_STATE_DELETED");

        private final String word;

        Stage(String word) {
            this.word = word;
        }

        boolean isOver() {
            return this == FAILED || this == PAUSED || this == CANCELLED || this == COMPLETED;
        }
    }

    /** A checkpoint: listed from a moment on. */
    record Saved(String name, long step, String type, boolean promotable, long atNanos, long visibleNanos) {}

    private final Platform platform;
    private final PlatformScript script;
    private final String id;
    private final ObjectNode made;
    private final long createdNanos;
    private final List<Saved> saved = new ArrayList<>();
    private Stage stage = Stage.PENDING;
    private long sinceNanos;
    private int preempted;
    private int lost;
    private int deaths;
    private int stalls;
    private boolean stalled;
    private long step = NOTHING_LOADED;

    Trainer(Platform platform, String id, ObjectNode made, long nowNanos) {
        this.platform = platform;
        this.script = platform.script();
        this.id = id;
        this.made = made;
        this.createdNanos = nowNanos;
        this.sinceNanos = nowNanos;
    }

    String id() {
        return id;
    }

    /** Where it is now. */
    Stage stage(long nowNanos) {
        for (long end = endOfStage(); end <= nowNanos; end = endOfStage()) {
            switch (stage) {
                case PENDING -> enter(Stage.CREATING, end);
                case CREATING -> enter(Stage.RUNNING, end);
                case RUNNING -> {
                    preempted = nextPreemption() + 1;
                    lost++;
                    step = NOTHING_LOADED;
                    enter(Stage.LEAVING, end);
                }
                default -> enter(preempted % 2 == 0 ? Stage.PAUSED : Stage.FAILED, end);
            }
        }
        if (stage == Stage.RUNNING) {
            while (stalls < script.stalls().size() && nanos(script.stalls().get(stalls)) <= nowNanos) {
                if (nanos(script.stalls().get(stalls)) >= sinceNanos) {
                    stalled = true;
                    deaths++;
                }
                stalls++;
            }
        }
        return stage;
    }

    private long endOfStage() {
        return switch (stage) {
            case PENDING -> sinceNanos + nanos(script.capacityWait());
            case CREATING -> sinceNanos + nanos(script.trainerBoot());
            case RUNNING ->
                nextPreemption() < script.preemptions().size()
                        ? nanos(script.preemptions().get(nextPreemption()))
                        : Long.MAX_VALUE;
            case LEAVING -> sinceNanos + nanos(script.transition());
            default -> Long.MAX_VALUE;
        };
    }

    /** Those that came while there was no machine to lose are over. */
    private int nextPreemption() {
        int next = preempted;
        while (next < script.preemptions().size() && nanos(script.preemptions().get(next)) < sinceNanos) {
            next++;
        }
        return next;
    }

    private void enter(Stage next, long atNanos) {
        stage = next;
        sinceNanos = atNanos;
    }

    private static long nanos(double seconds) {
        return (long) (seconds * Platform.SECOND);
    }

    void resume(long nowNanos) {
        stalled = false;
        step = NOTHING_LOADED;
        enter(Stage.PENDING, nowNanos);
    }

    void cancel(long nowNanos) {
        step = NOTHING_LOADED;
        enter(Stage.CANCELLED, nowNanos);
    }

    void complete(long nowNanos) {
        enter(Stage.COMPLETED, nowNanos);
    }

    void delete(long nowNanos) {
        enter(Stage.DELETED, nowNanos);
    }

    boolean isHealthy(long nowNanos) {
        return stage(nowNanos) == Stage.RUNNING && nowNanos >= sinceNanos + nanos(script.healthLag());
    }

    boolean isStalled(long nowNanos) {
        return stage(nowNanos) == Stage.RUNNING && stalled;
    }

    long step() {
        return step;
    }

    int lost() {
        return lost;
    }

    int deaths() {
        return deaths;
    }

    void load(long newStep) {
        step = newStep;
    }

    /** Keeps what is in memory, with the optimizer's state or for inference only. */
    Saved save(boolean resumable, long nowNanos) {
        boolean lora = made.path("trainingConfig").path("loraRank").asInt(0) > 0;
        String type = "CHECKPOINT_TYPE_"
                + (resumable ? lora ? "TRAINING_LORA" : "TRAINING" : lora ? "INFERENCE_LORA" : "INFERENCE_BASE");
        String name = resumable ? "step-" + step : "step-" + step + "-" + String.format("%08x", (id + step).hashCode());
        Saved now = new Saved(name, step, type, !resumable, nowNanos, nowNanos + nanos(script.checkpointLag()));
        saved.removeIf(each -> each.name.equals(name));
        saved.add(now);
        return now;
    }

    /** What is listed by now, oldest first. */
    List<Saved> listed(long nowNanos) {
        return saved.stream().filter(each -> each.visibleNanos <= nowNanos).toList();
    }

    List<Saved> saved() {
        return saved;
    }

    ObjectNode row(long nowNanos) {
        Stage now = stage(nowNanos);
        ObjectNode row = made.deepCopy();
        row.put("name", name()).put("state", now.word).put("createTime", platform.date(createdNanos));
        String why = switch (now) {
            case PENDING -> "Waiting for capacity";
            case FAILED -> "the trainer pod was preempted";
            case PAUSED -> "the trainer was paused: its machine was reclaimed";
            case DELETED -> "Archived. Resources released; checkpoints stay promotable for 30 days";
            default -> "";
        };
        row.putObject("status")
                .put("code", now == Stage.FAILED ? "UNAVAILABLE" : "OK")
                .put("message", why);
        return row;
    }

    String name() {
        return "accounts/" + platform.account() + "/rlorTrainerJobs/" + id;
    }
}
