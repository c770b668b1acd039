package dev.backstay.gateway;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Asks an HTTP proxy for a tunnel ({@code CONNECT}, RFC 9110 section 9.3.6), and is gone when there is one. The proxy resolves the
 * name. The attempt's own clock guards the wait.
 */
final class Tunnel extends ChannelInboundHandlerAdapter {

    private static final int ANSWER_LIMIT = 8 * 1024;
    private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})[^\\r\\n]*");

    private final Consumer<Optional<String>> whenDone;
    private final StringBuilder answer = new StringBuilder();
    private boolean done;

    private Tunnel(Consumer<Optional<String>> whenDone) {
        this.whenDone = whenDone;
    }

    /** Asks; hears nothing if the tunnel is open, else why not. */
    static void open(Channel channel, URI proxy, String hostAndPort, Consumer<Optional<String>> whenDone) {
        String login = proxy.getUserInfo() == null
                ? ""
                : "Proxy-Authorization: Basic "
                        + Base64.getEncoder().encodeToString(proxy.getUserInfo().getBytes(StandardCharsets.UTF_8))
                        + "\r\n";
        String request = "CONNECT " + hostAndPort + " HTTP/1.1\r\nHost: " + hostAndPort + "\r\n" + login + "\r\n";
        channel.pipeline().addLast(new Tunnel(whenDone));
        channel.writeAndFlush(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            answer.append(bytes.toString(StandardCharsets.ISO_8859_1));
        } finally {
            bytes.release();
        }
        int end = answer.indexOf("\r\n\r\n");
        if (end < 0 && answer.length() <= ANSWER_LIMIT) {
            return;
        }
        Matcher status = STATUS.matcher(answer);
        if (end < 0 || !status.lookingAt()) {
            finish(context, Optional.of("the proxy's answer is not HTTP"));
        } else if (status.group(1).charAt(0) != '2') {
            finish(context, Optional.of("the proxy refuses the tunnel: " + status.group(1)));
        } else if (answer.length() > end + 4) {
            finish(context, Optional.of("the proxy sent more than its answer"));
        } else {
            finish(context, Optional.empty());
        }
    }

    private void finish(ChannelHandlerContext context, Optional<String> refused) {
        if (done) {
            return;
        }
        done = true;
        if (refused.isEmpty()) {
            context.pipeline().remove(this);
        } else {
            context.close();
        }
        whenDone.accept(refused);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        finish(context, Optional.of("the proxy closed the connection"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        finish(context, Optional.of("the connection to the proxy broke: " + Dial.reason(cause)));
    }
}
