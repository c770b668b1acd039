package dev.backstay.client;

import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Request;

/**
 * A call of an OkHttp client that is answered by a call of Backstay, so that its attempts are what the client's user expects of them.
 *
 * @param call what its listener is told about
 * @param request its attempts carry the tags of this one
 * @param listener hears their addresses, connections, requests and answers as those of {@code call}
 */
public record HostCall(Call call, Request request, EventListener listener) {}
