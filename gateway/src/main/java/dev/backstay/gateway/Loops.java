package dev.backstay.gateway;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import java.net.InetSocketAddress;

/** The event loops and the sockets that fit them: native epoll where there is one, else Java's own. */
record Loops(
        EventLoopGroup group,
        Class<? extends ServerSocketChannel> server,
        Class<? extends SocketChannel> socket,
        Class<? extends DatagramChannel> datagram) {

    /** As many loops as there are processors, or this many. */
    static Loops start(int threads) {
        return Epoll.isAvailable()
                ? new Loops(
                        new MultiThreadIoEventLoopGroup(threads, EpollIoHandler.newFactory()),
                        EpollServerSocketChannel.class,
                        EpollSocketChannel.class,
                        EpollDatagramChannel.class)
                : new Loops(
                        new MultiThreadIoEventLoopGroup(threads, NioIoHandler.newFactory()),
                        NioServerSocketChannel.class,
                        NioSocketChannel.class,
                        NioDatagramChannel.class);
    }

    /**
     * Finds all addresses of a name: those of the preferred family as soon as they are known.
     *
     * @param nameServers who is asked
     */
    AddressResolverGroup<InetSocketAddress> resolver(DnsServerAddressStreamProvider nameServers) {
        return new DnsAddressResolverGroup(new DnsNameResolverBuilder()
                .nameServerProvider(nameServers)
                .datagramChannelType(datagram)
                .socketChannelType(socket) // for answers that do not fit into a datagram
                .completeOncePreferredResolved(true));
    }
}
