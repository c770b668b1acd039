/** What holds for the whole build; the tests beside this look at it when everything else is done. */
@NullMarked
package dev.backstay.checks;

import org.jspecify.annotations.NullMarked;
