package dev.backstay.cli;

import dev.backstay.ledger.CallRecord;
import dev.backstay.ledger.Ledger;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The life of one call. */
@Command(
        name = "explain",
        description = "What happened to a call: its phases, its attempts, its waits, and why each was decided.",
        mixinStandardHelpOptions = true)
final class ExplainCommand implements Callable<Integer> {

    @Mixin
    private LedgerDoor door = new LedgerDoor();

    @Mixin
    private Output output = new Output();

    @Parameters(
            paramLabel = "CALL_ID",
            description =
                    "As in the header Backstay-Call-Id, the access log or an error; or the provider's request id.")
    private String id = "";

    @Override
    public Integer call() throws Exception {
        try (Ledger ledger = door.existing()) {
            CallRecord call = ledger.calls().find(id).orElseThrow(() -> new IllegalArgumentException(unknown(ledger)));
            return output.print(call, CallStory.of(call), 0);
        }
    }

    private String unknown(Ledger ledger) {
        long count = ledger.calls().count();
        return "the ledger " + door.where() + " has no call '" + id + "'"
                + (count == 0
                        ? "; it has no call at all: is it the one that the gateway writes?"
                        : "; calls that succeed at once are kept for a sample only (records: sample), others for a week"
                                + " (records: calls-for)");
    }
}
