package dev.backstay.client;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;

/** What has come of an answer and was not handed on yet. Belongs to the thread that reads. */
interface Kept {

    /** More of it. */
    void add(byte[] bytes, int from, int length);

    /** The answer is whole: here is what was kept. */
    byte[] whole();

    /** The answer broke: nothing of it stays. */
    void drop();

    /** Kept in memory. */
    final class InMemory implements Kept {

        private static final int FIRST = 1024;

        private byte[] bytes = new byte[FIRST];
        private int from;
        private int to;

        @Override
        public void add(byte[] more, int offset, int length) {
            if (to + length > bytes.length) {
                boolean fits = to - from + length <= bytes.length / 2;
                byte[] room = fits ? bytes : new byte[Math.max(to - from + length, bytes.length * 2)];
                System.arraycopy(bytes, from, room, 0, to - from);
                bytes = room;
                to -= from;
                from = 0;
            }
            System.arraycopy(more, offset, bytes, to, length);
            to += length;
        }

        /** Leaves out this much, which must be there. */
        void skip(int length) {
            from += length;
        }

        /** Hands on this much, which must be there. */
        void take(byte[] into, int offset, int length) {
            System.arraycopy(bytes, from, into, offset, length);
            from += length;
            if (from == to) {
                from = 0;
                to = 0;
            }
        }

        @Override
        public byte[] whole() {
            return Arrays.copyOfRange(bytes, from, to);
        }

        @Override
        public void drop() {
            from = 0;
            to = 0;
        }
    }

    /** Kept beside the file first, so that under its name there is never half of it. What the disk says is no fault of the network. */
    final class InFile implements Kept {
        private final Path file;
        private final Path part;
        private final OutputStream out;

        InFile(Path file) {
            this.file = file;
            this.part = file.resolveSibling(file.getFileName() + ".part");
            try {
                this.out = Files.newOutputStream(part);
            } catch (IOException disk) {
                throw new UncheckedIOException(disk);
            }
        }

        @Override
        public void add(byte[] bytes, int offset, int length) {
            try {
                out.write(bytes, offset, length);
            } catch (IOException disk) {
                throw new UncheckedIOException(disk);
            }
        }

        @Override
        public byte[] whole() {
            try {
                out.close();
                Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException disk) {
                throw new UncheckedIOException(disk);
            }
            return new byte[0];
        }

        @Override
        public void drop() {
            try {
                out.close();
                Files.deleteIfExists(part);
            } catch (IOException disk) {
                throw new UncheckedIOException(disk);
            }
        }
    }
}
