package dev.backstay.gateway;

import io.netty.channel.EventLoop;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.Future;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;

/**
 * Names to addresses, on the loops. A name's addresses of the usual family are there as soon as that is answered; those of the other one
 * are asked for by whoever gets no connection to these (RFC 8305), so a name server that is slow about IPv6 holds nobody up.
 *
 * <p>Thread-safe.
 */
final class Names implements AutoCloseable {

    private static final String LOCALHOST = "localhost";

    /** A name without IPv6 addresses is not asked for them again for so long. */
    private static final int NONE_SECONDS = 60;

    private static final boolean HAS_IPV6 = hasIpv6();

    private final AddressResolverGroup<InetSocketAddress> usual;
    private final AddressResolverGroup<InetSocketAddress> ipv6;

    /** @param nameServers who is asked */
    Names(Loops loops, DnsServerAddressStreamProvider nameServers) {
        this.usual = new DnsAddressResolverGroup(builder(loops, nameServers).completeOncePreferredResolved(true));
        this.ipv6 = new DnsAddressResolverGroup(builder(loops, nameServers)
                .resolvedAddressTypes(ResolvedAddressTypes.IPV6_ONLY)
                .negativeTtl(NONE_SECONDS));
    }

    private static DnsNameResolverBuilder builder(Loops loops, DnsServerAddressStreamProvider nameServers) {
        return new DnsNameResolverBuilder()
                .nameServerProvider(nameServers)
                .datagramChannelType(loops.datagram())
                .socketChannelType(loops.socket()); // for answers that do not fit into a datagram
    }

    /** Its addresses of the usual family, and of the other one if it has no others. */
    Future<List<InetSocketAddress>> addresses(InetSocketAddress unresolved, EventLoop loop) {
        return usual.getResolver(loop).resolveAll(unresolved);
    }

    /** Its IPv6 addresses. {@code localhost} has one whatever a name server says (RFC 6761). */
    Future<List<InetSocketAddress>> ipv6Addresses(InetSocketAddress unresolved, EventLoop loop) {
        if (unresolved.getHostString().equalsIgnoreCase(LOCALHOST)) {
            return loop.newSucceededFuture(List.of(new InetSocketAddress(NetUtil.LOCALHOST6, unresolved.getPort())));
        }
        return ipv6.getResolver(loop).resolveAll(unresolved);
    }

    /** Whether it can be told apart from a failure that nobody answers there: not over IPv6 from a machine that has none. */
    static boolean mayBeReached(InetSocketAddress address) {
        return HAS_IPV6
                || !(address.getAddress() instanceof Inet6Address)
                || address.getAddress().isLoopbackAddress();
    }

    private static boolean hasIpv6() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .anyMatch(each ->
                            each instanceof Inet6Address && !each.isLoopbackAddress() && !each.isLinkLocalAddress());
        } catch (SocketException unknown) {
            return false;
        }
    }

    @Override
    public void close() {
        usual.close();
        ipv6.close();
    }
}
