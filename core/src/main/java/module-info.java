/** Words, deciders, and the loop that leads every call. */
module dev.backstay.core {
    requires static transitive org.jspecify;

    exports dev.backstay.core;
}
