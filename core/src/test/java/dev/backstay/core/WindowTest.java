package dev.backstay.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WindowTest {

    private final Window window = new Window();

    @Test
    void there_is_no_bound_until_something_is_turned_away() {
        hold(1_000);
        assertThat(window.hasRoom()).isTrue();
        assertThat(window.isBounded()).isFalse();
    }

    @Test
    void the_bound_is_below_what_was_too_much() {
        hold(33);
        window.shed();
        window.leave();
        assertThat(window.limit()).isEqualTo(32);
        assertThat(window.hasRoom()).isFalse();
    }

    @Test
    void it_grows_by_one_a_round_while_it_is_used_and_not_when_it_is_not() {
        hold(33);
        window.shed();
        window.leave();
        for (int i = 0; i < 32; i++) {
            window.answered();
        }
        assertThat(window.limit()).isCloseTo(33, within(0.2));
        for (int i = 0; i < 20; i++) {
            window.leave();
        }
        double before = window.limit();
        window.answered();
        assertThat(window.limit()).isEqualTo(before);
    }

    /** It once stood still below 8.9 for ever: 7 in flight are less than 0.9 of 7.8, and there is no room for an eighth. */
    @Test
    void a_small_bound_grows_too() {
        hold(9);
        window.shed();
        window.leave();
        for (int i = 0; i < 500; i++) {
            if (window.hasRoom()) {
                window.enter();
            }
            window.answered();
        }
        assertThat(window.limit()).isGreaterThan(30);
    }

    @Test
    void idle_hours_are_not_saved_up() {
        hold(11);
        window.shed();
        for (int i = 0; i < 10; i++) {
            window.leave();
        }
        for (int i = 0; i < 36_000; i++) {
            window.answered();
        }
        hold(9);
        window.answered();
        assertThat(window.limit()).isLessThan(11);
    }

    @Test
    void a_queue_at_the_server_halves_it_once_a_round() {
        hold(40);
        for (int i = 0; i < Window.ROUND; i++) {
            window.answered();
        }
        for (int i = 0; i < 10; i++) {
            window.queued(2_000_000_000L);
        }
        assertThat(window.limit()).isEqualTo(20);
    }

    @Test
    void a_bound_that_does_not_help_goes() {
        hold(10);
        window.shed();
        window.mistaken();
        assertThat(window.isBounded()).isFalse();
    }

    @Test
    void there_is_always_room_for_one() {
        hold(1);
        window.shed();
        window.shed();
        window.leave();
        assertThat(window.limit()).isEqualTo(1);
        assertThat(window.hasRoom()).isTrue();
    }

    private void hold(int count) {
        for (int i = 0; i < count; i++) {
            window.enter();
        }
    }
}
