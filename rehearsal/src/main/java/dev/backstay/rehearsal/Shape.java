package dev.backstay.rehearsal;

import java.util.Locale;
import java.util.Optional;

/** How a load changes over time, in calls per second. */
enum Shape {
    STEP("6 calls/s, and 24 from one moment to the next; 4 h later 6 again", 8) {
        @Override
        double at(double hours) {
            return hours >= 2 && hours < 6 ? 24 : 6;
        }
    },
    RAMP("6 calls/s that grow to 24 within 30 minutes, stay, and go as they came", 8) {
        @Override
        double at(double hours) {
            double up = Math.min(1, Math.max(0, (hours - 1) / 0.5));
            double down = Math.min(1, Math.max(0, (hours - 6) / 0.5));
            return 6 + 18 * (up - down);
        }
    },
    DAY("a day: 3 calls/s at night, 24 at noon", 24) {
        @Override
        double at(double hours) {
            return 13.5 - 10.5 * Math.cos(2 * Math.PI * hours / 24);
        }
    };

    private final String words;
    private final double hours;

    Shape(String words, double hours) {
        this.words = words;
        this.hours = hours;
    }

    abstract double at(double hours);

    String words() {
        return words;
    }

    double hours() {
        return hours;
    }

    String label() {
        return "autoscale-" + name().toLowerCase(Locale.ROOT);
    }

    static Optional<Shape> named(String label) {
        for (Shape shape : values()) {
            if (shape.label().equals(label)) {
                return Optional.of(shape);
            }
        }
        return Optional.empty();
    }
}
