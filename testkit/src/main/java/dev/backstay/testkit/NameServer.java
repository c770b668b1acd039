package dev.backstay.testkit;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.handler.codec.dns.DatagramDnsQuery;
import io.netty.handler.codec.dns.DatagramDnsQueryDecoder;
import io.netty.handler.codec.dns.DatagramDnsResponse;
import io.netty.handler.codec.dns.DatagramDnsResponseEncoder;
import io.netty.handler.codec.dns.DefaultDnsRawRecord;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A name server on the loopback interface that knows a few names, does not answer for {@value #SILENT}, and denies the rest. */
public final class NameServer implements AutoCloseable {

    /** Queries for this name are dropped. */
    public static final String SILENT = "silent.test";

    private static final int TTL_SECONDS = 60;

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Map<String, List<String>> names;
    private final InetSocketAddress address;

    /** @param names addresses by name, those with a colon are IPv6 */
    public NameServer(Map<String, List<String>> names) {
        this.names = names;
        this.address = (InetSocketAddress) new Bootstrap()
                .group(loop)
                .channel(NioDatagramChannel.class)
                .handler(new ChannelInitializer<DatagramChannel>() {
                    @Override
                    protected void initChannel(DatagramChannel channel) {
                        channel.pipeline()
                                .addLast(
                                        new DatagramDnsQueryDecoder(),
                                        new DatagramDnsResponseEncoder(),
                                        new Answering());
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .syncUninterruptibly()
                .channel()
                .localAddress();
    }

    /** For who is to ask this one. */
    public DnsServerAddressStreamProvider provider() {
        return new SingletonDnsServerAddressStreamProvider(address);
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private final class Answering extends SimpleChannelInboundHandler<DatagramDnsQuery> {

        @Override
        protected void channelRead0(ChannelHandlerContext context, DatagramDnsQuery query) throws Exception {
            DnsQuestion question = query.recordAt(DnsSection.QUESTION);
            String name = question.name().replaceAll("\\.$", "");
            if (name.equals(SILENT)) {
                return;
            }
            DatagramDnsResponse answer = new DatagramDnsResponse(
                    /* sender= */ query.recipient(), /* recipient= */ query.sender(), query.id());
            answer.setCode(names.containsKey(name) ? DnsResponseCode.NOERROR : DnsResponseCode.NXDOMAIN);
            answer.addRecord(DnsSection.QUESTION, question);
            for (String each : names.getOrDefault(name, List.of())) {
                DnsRecordType family = each.contains(":") ? DnsRecordType.AAAA : DnsRecordType.A;
                if (question.type().equals(family)) {
                    ByteBuf bytes =
                            Unpooled.wrappedBuffer(InetAddress.getByName(each).getAddress());
                    answer.addRecord(
                            DnsSection.ANSWER, new DefaultDnsRawRecord(question.name(), family, TTL_SECONDS, bytes));
                }
            }
            context.writeAndFlush(answer);
        }
    }
}
