/** What bytes mean. */
module dev.backstay.wire {
    requires transitive dev.backstay.core;
    requires com.fasterxml.jackson.core;
    requires static transitive org.jspecify;

    exports dev.backstay.wire;
}
