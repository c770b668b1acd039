package dev.backstay.gateway;

import dev.backstay.core.AddressTry;
import dev.backstay.core.Phase;
import dev.backstay.wire.Untrusted;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Opens one connection to an API: resolves its name, connects to its addresses in turn, IPv4 first, tunnels through a proxy if there is one, and
 * secures it. Tells each phase as it begins.
 *
 * <p>The next address is tried when one fails, and beside it after {@value #NEXT_MILLIS} ms (RFC 8305 calls it the connection attempt
 * delay); the first to connect wins, and the others are closed. Belongs to its loop's thread. After {@link #cancel} it says nothing
 * any more, and leaves nothing open.
 */
final class Dial {

    /** How long one address may keep the next one waiting. */
    static final long NEXT_MILLIS = 250;

    /** Addresses of one name that are tried, at most. */
    private static final int ADDRESSES_LIMIT = 16;

    private static final Pattern SYSTEM_CALL = Pattern.compile("^\\w+\\(\\.\\.\\) failed with error\\(-?\\d+\\): ");

    /** Hears how it goes. */
    interface Listener {
        /** The next phase begins. */
        void entered(Phase phase);

        /** An address did this. */
        void tried(AddressTry what);

        /** This address took the connection, which is not open yet. */
        void connected(InetSocketAddress address);

        /** It is open. */
        void opened(UpstreamConnection connection);

        /**
         * It could not be opened.
         *
         * @param untrusted whether its certificate or its version was refused
         */
        void failed(String why, boolean untrusted);
    }

    private final UpstreamPool pool;
    private final Upstream upstream;
    private final EventLoop loop;
    private final Listener listener;
    private final Deque<InetSocketAddress> addresses = new ArrayDeque<>();
    private final Set<InetSocketAddress> known = new HashSet<>();
    private final Map<Channel, InetSocketAddress> trying = new LinkedHashMap<>(1);
    private @Nullable Channel chosen;
    private @Nullable Future<?> nextTimer;
    private String lastWhy = "the name has no address";
    private boolean bothFamilies;
    private boolean finding;
    private boolean over;

    Dial(UpstreamPool pool, Listener listener) {
        this.pool = pool;
        this.upstream = pool.upstream();
        this.loop = pool.loop();
        this.listener = listener;
    }

    void begin() {
        InetSocketAddress unresolved = upstream.firstHop();
        upstream.names().addresses(unresolved, loop).addListener((Future<List<InetSocketAddress>> resolved) -> {
            if (over) {
                return;
            }
            if (!resolved.isSuccess()) {
                fail("cannot resolve " + unresolved.getHostString() + ": " + reason(resolved.cause()));
                return;
            }
            add(resolved.getNow());
            listener.entered(Phase.CONNECTING);
            if (firstIsLate()) {
                findMore();
            } else {
                next();
            }
        });
    }

    /** From now on these are tried, too; those that were silent lately go last. */
    private void add(List<InetSocketAddress> found) {
        found.stream()
                .filter(each -> known.size() < ADDRESSES_LIMIT && known.add(each))
                .forEach(addresses::add);
        List<InetSocketAddress> best = upstream.failed()
                .sorted(addresses, InetSocketAddress::getAddress, loop.ticker().nanoTime());
        addresses.clear();
        addresses.addAll(best);
    }

    private boolean firstIsLate() {
        InetSocketAddress first = addresses.peek();
        return first != null
                && upstream.failed().isLate(first.getAddress(), loop.ticker().nanoTime());
    }

    /** Nobody has taken the connection yet, or nobody good, so the other family is asked for, too. */
    private void findMore() {
        bothFamilies = true;
        finding = true;
        upstream.names()
                .ipv6Addresses(upstream.firstHop(), loop)
                .addListener((Future<List<InetSocketAddress>> more) -> {
                    finding = false;
                    if (!over && chosen == null) {
                        List<InetSocketAddress> found = more.isSuccess() ? more.getNow() : List.of();
                        add(found.stream().filter(Names::mayBeReached).toList());
                        next();
                    }
                });
        if (!addresses.isEmpty()) {
            nextTimer = loop.schedule(this::next, NEXT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** Tries the next address; if there is none and none is being tried, that was it. */
    private void next() {
        InetSocketAddress address = addresses.poll();
        if (address == null) {
            if (!bothFamilies) {
                findMore();
            } else if (trying.isEmpty() && !finding) {
                fail(lastWhy);
            }
            return;
        }
        ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channel(upstream.loops().socket())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.AUTO_CLOSE, false) // who cannot write may still read the refusal
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0) // the attempt's own clock guards this phase
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        Loops.keepAlive(channel);
                        channel.pipeline().addLast(new Unfinished()); // what it is for is added when it is chosen
                    }
                })
                .connect(address);
        if (connecting.isDone() && !connecting.isSuccess()) {
            // Out of sockets: there is no channel to close, and the future's listeners run on another thread.
            loop.execute(() -> lost(connecting.channel(), reason(connecting.cause())));
            return;
        }
        trying.put(connecting.channel(), address);
        connecting.addListener((ChannelFuture done) -> {
            if (over || chosen != null) {
                done.channel().close();
            } else if (done.isSuccess()) {
                connected(done.channel());
            } else {
                lost(done.channel(), reason(done.cause()));
            }
        });
        if ((!addresses.isEmpty() || !bothFamilies) && !over && chosen == null) {
            nextTimer = loop.schedule(this::next, NEXT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void lost(@Nullable Channel channel, String why) {
        if (over || chosen != null) {
            return;
        }
        tell(trying.remove(channel), AddressTry.Answer.REFUSED, why);
        lastWhy = why;
        stopWaiting();
        next();
    }

    private void connected(Channel channel) {
        chosen = channel;
        stopWaiting();
        InetSocketAddress address = trying.remove(channel);
        if (address != null) {
            listener.connected(address);
        }
        tell(address, AddressTry.Answer.CONNECTED, "");
        closeSilent();
        if (upstream.proxy().isPresent()) {
            listener.entered(Phase.SECURING);
            Tunnel.open(channel, upstream.proxy().get(), upstream.hostAndPort(), refused -> {
                if (over) {
                    return;
                }
                if (refused.isEmpty()) {
                    secure(channel);
                } else {
                    fail(refused.get());
                }
            });
        } else {
            secure(channel);
        }
    }

    private void secure(Channel channel) {
        if (upstream.tls().isEmpty()) {
            open(channel);
            return;
        }
        SslHandler handler = upstream.tls().get().newHandler(channel.alloc(), upstream.host(), upstream.port());
        handler.setHandshakeTimeoutMillis(0); // the attempt's own clock guards this phase
        if (upstream.proxy().isEmpty()) {
            listener.entered(Phase.SECURING);
        }
        channel.pipeline().addFirst(handler);
        handler.handshakeFuture().addListener((Future<Channel> secured) -> {
            if (over) {
                channel.close();
            } else if (secured.isSuccess()) {
                open(channel);
            } else {
                fail(reason(secured.cause()), Untrusted.is(secured.cause()));
            }
        });
    }

    private void open(Channel channel) {
        UpstreamConnection connection = new UpstreamConnection(pool, channel);
        channel.pipeline().remove(Unfinished.class);
        channel.pipeline().addLast(new HttpRequestEncoder(), new AnswerDecoder(), connection);
        over = true;
        chosen = null;
        listener.opened(connection);
    }

    /** Those that have not answered when nobody waits for them any more. */
    private void closeSilent() {
        trying.forEach((channel, address) -> {
            channel.close();
            tell(address, AddressTry.Answer.SILENT, "");
        });
        trying.clear();
    }

    private void tell(@Nullable InetSocketAddress address, AddressTry.Answer answer, String problem) {
        if (address != null) {
            listener.tried(
                    new AddressTry(address.getAddress().getHostAddress() + ":" + address.getPort(), answer, problem));
        }
    }

    private void fail(String why) {
        fail(why, false);
    }

    private void fail(String why, boolean untrusted) {
        cancel();
        listener.failed(why, untrusted);
    }

    private void stopWaiting() {
        if (nextTimer != null) {
            nextTimer.cancel(false);
            nextTimer = null;
        }
    }

    /** Gives up, and closes what is open. */
    void cancel() {
        if (over) {
            return;
        }
        over = true;
        stopWaiting();
        closeSilent();
        if (chosen != null) {
            chosen.close();
        }
    }

    /** While it opens, what goes wrong is told by the future of each step. */
    private static final class Unfinished extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable told) {
            context.close();
        }
    }

    /** What went wrong, without the name of the system call that said so. */
    static String reason(@Nullable Throwable cause) {
        return cause == null || cause.getMessage() == null
                ? "no reason given"
                : SYSTEM_CALL.matcher(cause.getMessage()).replaceFirst("");
    }
}
