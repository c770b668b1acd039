package dev.backstay.fireworks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.backstay.client.Caller;
import dev.backstay.core.CallListener;
import dev.backstay.core.Engine;
import dev.backstay.core.RetryPolicy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a large file of rows takes: a signed URL, which is its own key. */
class BatchUploadTest {

    @TempDir
    private Path folder;

    private final ScriptedSender plane = new ScriptedSender();

    @Test
    void a_large_file_goes_to_a_signed_url_and_is_checked_there() throws Exception {
        Path in = Files.writeString(folder.resolve("in"), "{\"custom_id\": \"a\", \"body\": {\"messages\": [{}]}}\n");
        plane.on("GET", "/batchInferenceJobs/", 404, "{}");
        plane.on(
                "POST",
                ":getUploadEndpoint",
                200,
                "{\"filenameToSignedUrls\": {\"rows.jsonl\": \"https://storage.example.com/x?signature=s\"}}");
        plane.on("PUT", "/x?signature=s", 200, "");
        plane.on("POST", ":validateUpload", 200, "{}");
        plane.on("GET", "/datasets/", 200, "{\"state\": \"UPLOADING\"}", 200, "{\"state\": \"READY\"}");
        plane.on("POST", "/datasets", 200, "{\"state\": \"UPLOADING\"}");
        plane.on(
                "POST",
                "/batchInferenceJobs?",
                200,
                "{\"name\": \"a/b/nightly\", \"state\": \"JOB_STATE_VALIDATING\"}");
        JumpingClock clock = new JumpingClock();
        SplittableRandom random = new SplittableRandom(1);
        Caller caller = new Caller(new Engine(RetryPolicy.DEFAULT, CallListener.NONE), plane, clock, random::split);
        Access access = new Access(URI.create("https://api.example.com"), "k", Optional.of("me"));
        Batches batches = new Batches(new ControlPlane(caller, access), 10);
        BatchRows rows = BatchRows.read(in);
        BatchJob job = batches.submit(new BatchSpec("m", Proto.object(), "nightly"), in, rows, said -> {});
        assertThat(job.state()).isEqualTo(JobState.VALIDATING);
        assertThat(plane.requests())
                .extracting(ScriptedSender.Asked::method)
                .containsExactly("GET", "POST", "POST", "PUT", "POST", "GET", "GET", "POST");
        ScriptedSender.Asked put = plane.requests().get(3);
        assertThat(put.body()).isEqualTo(Files.readString(in));
        assertThat(plane.requests().get(2).body()).contains("\"rows.jsonl\":" + rows.bytes());
    }
}
