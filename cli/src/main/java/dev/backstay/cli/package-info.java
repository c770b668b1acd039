/**
 * The commands: {@code serve}, {@code simulate}, {@code replay}.
 *
 * <p>Each command is a class that reads its options, builds what it needs from the other modules, and says what it does. No
 * decision about calls is taken here. An error is one line that says what was expected, what was seen and what to do
 * ({@link dev.backstay.cli.Errors}); the exit code is 2 for a wrong command line and 1 for everything else.
 */
@NullMarked
package dev.backstay.cli;

import org.jspecify.annotations.NullMarked;
