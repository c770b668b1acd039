package dev.backstay.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketOption;
import java.util.Set;
import javax.net.SocketFactory;

/**
 * Sockets whose kernel asks after {@value #IDLE_SECONDS} s of silence whether the other side is still there: an answer may be silent for
 * minutes, and what stands between (NAT, a load balancer) forgets a connection on which nothing moves, often after 350 s. Thread-safe.
 */
final class KeepAlive extends SocketFactory {

    private static final int IDLE_SECONDS = 60;

    /** Found by their names, because not every runtime has the module in which they are. */
    private static final Set<String> INTERVALS = Set.of("TCP_KEEPIDLE", "TCP_KEEPINTERVAL");

    private final SocketFactory sockets;

    KeepAlive(SocketFactory sockets) {
        this.sockets = sockets;
    }

    @SuppressWarnings("unchecked") // both are numbers of seconds
    private static Socket alive(Socket socket) {
        try {
            socket.setKeepAlive(true);
            for (SocketOption<?> option : socket.supportedOptions()) {
                if (INTERVALS.contains(option.name())) {
                    socket.setOption((SocketOption<Integer>) option, IDLE_SECONDS);
                }
            }
        } catch (IOException | UnsupportedOperationException without) {
            // it works as well, but for what forgets connections
        }
        return socket;
    }

    @Override
    public Socket createSocket() throws IOException {
        return alive(sockets.createSocket());
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return alive(sockets.createSocket(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress from, int fromPort) throws IOException {
        return alive(sockets.createSocket(host, port, from, fromPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return alive(sockets.createSocket(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) throws IOException {
        return alive(sockets.createSocket(host, port, from, fromPort));
    }
}
