// An API with a script: what it answers is told by the model, or by the path where there is none.
import http from "node:http";

const chunk = (delta, finish = null, more = {}) => ({
  id: "c-1", object: "chat.completion.chunk", created: 1, model: "m",
  choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }], ...more,
});
const USAGE = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 };
const chat = (message, finish = "stop") => ({
  id: "c-1", object: "chat.completion", created: 1, model: "m",
  choices: [{ index: 0, message: { role: "assistant", refusal: null, ...message }, finish_reason: finish, logprobs: null }],
  usage: USAGE,
});
const TOOL = { id: "t-1", type: "function", function: { name: "weather", arguments: '{"city":"Kiel"}' } };
const RESPONSE = {
  id: "resp_1", object: "response", created_at: 1, status: "completed", model: "m", error: null,
  output: [{ id: "msg_1", type: "message", role: "assistant", status: "completed",
    content: [{ type: "output_text", text: "Hello", annotations: [] }] }],
  usage: { input_tokens: 9, output_tokens: 3, total_tokens: 12 },
};
const MESSAGE = {
  id: "msg_1", type: "message", role: "assistant", model: "m", content: [{ type: "text", text: "Hello" }],
  stop_reason: "end_turn", stop_sequence: null, usage: { input_tokens: 9, output_tokens: 3 },
};

const data = (...all) => all.map((each) => `data: ${typeof each === "string" ? each : JSON.stringify(each)}\n\n`);
const typed = (...all) => all.map((each) => `event: ${each.type}\ndata: ${JSON.stringify(each)}\n\n`);
const error = (message, type, code) => ({ error: { message, type, param: null, code } });
const anthropicError = (type, message) => ({ type: "error", error: { type, message } });

const MESSAGE_STREAM = typed(
  { type: "message_start", message: { ...MESSAGE, content: [], stop_reason: null, usage: { input_tokens: 9, output_tokens: 1 } } },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "ping" },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hel" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "lo" } },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 3 } },
  { type: "message_stop" });

/** What is answered, by model: {status, headers, json | events | bytes | text, cut}. */
export const MODELS = {
  "chat": { json: chat({ content: "Hello" }) },
  "chat-umlauts": { json: chat({ content: "Grüße, 世界 😀" }) },
  "chat-tool": { json: chat({ content: null, tool_calls: [TOOL] }, "tool_calls") },
  "chat-length": { json: chat({ content: "Hel" }, "length") },
  "chat-unknown-fields": { json: { ...chat({ content: "Hello", reasoning_content: "hm" }), perf_metrics: { a: [1] } } },
  "stream": { events: data(chunk({ role: "assistant", content: "" }), chunk({ content: "Hel" }), chunk({ content: "lo" }),
    chunk({}, "stop"), chunk({}, null, { choices: [], usage: USAGE }), "[DONE]") },
  "stream-umlauts": { events: data(chunk({ content: "Grü" }), chunk({ content: "ße 😀" }), chunk({}, "stop"), "[DONE]") },
  "stream-tool": { events: data(chunk({ role: "assistant", content: null, tool_calls: [{ index: 0, ...TOOL, function: { name: "weather", arguments: "" } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }), chunk({ tool_calls: [{ index: 0, function: { arguments: '"Kiel"}' } }] }),
    chunk({}, "tool_calls"), "[DONE]") },
  "stream-crlf": { events: data(chunk({ content: "Hello" }), chunk({}, "stop"), "[DONE]").map((e) => e.replaceAll("\n", "\r\n")) },
  "stream-comments": { events: [": OPENROUTER PROCESSING\n\n", ...data(chunk({ content: "Hello" })), ": ping\n\n", ...data(chunk({}, "stop"), "[DONE]")] },
  "stream-error": { events: data(chunk({ content: "Hel" }), error("the model failed", "server_error", "500")) },
  "stream-cut": { events: data(chunk({ content: "Hel" })), cut: true },
  "responses": { json: RESPONSE },
  "responses-stream": { events: typed(
    { type: "response.created", sequence_number: 0, response: { ...RESPONSE, status: "in_progress", output: [] } },
    { type: "response.output_item.added", sequence_number: 1, output_index: 0, item: { id: "msg_1", type: "message", role: "assistant", status: "in_progress", content: [] } },
    { type: "response.output_text.delta", sequence_number: 2, item_id: "msg_1", output_index: 0, content_index: 0, delta: "Hello" },
    { type: "response.completed", sequence_number: 3, response: RESPONSE }) },
  "embeddings": { json: { object: "list", model: "m", data: [{ object: "embedding", index: 0, embedding: [0.5, -1] }], usage: { prompt_tokens: 2, total_tokens: 2 } } },
  "moderations": { json: { id: "modr-1", model: "m", results: [{ flagged: false, categories: {}, category_scores: {} }] } },
  "speech": { bytes: Buffer.from([0x49, 0x44, 0x33, 0, 255, 254, 0, 1]), type: "audio/mpeg" },
  "images": { json: { created: 1, data: [{ b64_json: "iVBORw0KGgo=" }] } },
  "400": { status: 400, json: error("temperature is too high", "invalid_request_error", "bad") },
  "400-length": { status: 400, json: error("maximum context length is 8 tokens", "invalid_request_error", "context_length_exceeded") },
  "401": { status: 401, json: error("Incorrect API key", "invalid_request_error", "invalid_api_key") },
  "403": { status: 403, json: error("no access", "invalid_request_error", "denied") },
  "404": { status: 404, json: error("no such model", "invalid_request_error", "model_not_found") },
  "413": { status: 413, json: error("too large", "invalid_request_error", "too_large") },
  "422": { status: 422, json: error("unprocessable", "invalid_request_error", null) },
  "429": { status: 429, headers: { "retry-after": "30" }, json: error("slow down", "requests", "rate_limit_exceeded") },
  "500": { status: 500, json: error("oops", "server_error", null) },
  "503": { status: 503, json: error("overloaded", "server_error", null) },
  "page": { type: "text/html", text: "<html>hello</html>" },
  "messages": { json: MESSAGE },
  "messages-tool": { json: { ...MESSAGE, content: [{ type: "tool_use", id: "tu_1", name: "weather", input: { city: "Kiel" } }], stop_reason: "tool_use" } },
  "messages-stream": { events: MESSAGE_STREAM },
  "messages-stream-error": { events: [...MESSAGE_STREAM.slice(0, 4), ...typed(anthropicError("overloaded_error", "Overloaded"))] },
  "messages-400": { status: 400, json: anthropicError("invalid_request_error", "max_tokens: too large") },
  "messages-401": { status: 401, json: anthropicError("authentication_error", "invalid x-api-key") },
  "messages-404": { status: 404, json: anthropicError("not_found_error", "model: x") },
  "messages-429": { status: 429, headers: { "retry-after": "30" }, json: anthropicError("rate_limit_error", "slow down") },
  "messages-529": { status: 529, json: anthropicError("overloaded_error", "Overloaded") },
};

/** The same where no model is named, by method and path. */
const PATHS = {
  "GET /v1/models": { json: { object: "list", data: [{ id: "m", object: "model", created: 1, owned_by: "me" }] } },
  "GET /v1/models/m": { json: { id: "m", object: "model", created: 1, owned_by: "me" } },
  "GET /v1/responses/resp_1": { json: RESPONSE },
  "POST /v1/responses/resp_1/cancel": { json: { ...RESPONSE, status: "cancelled" } },
  "DELETE /v1/responses/resp_1": { status: 200, json: { id: "resp_1", object: "response", deleted: true } },
  "GET /v1/responses/resp_1/input_items": { json: { object: "list", data: [], has_more: false, first_id: "a", last_id: "b" } },
  "POST /v1/files": { json: { id: "file-1", object: "file", bytes: 4, created_at: 1, filename: "a.jsonl", purpose: "batch" } },
  "GET /v1/files/file-1/content": { bytes: Buffer.alloc(300_000, 7), type: "application/octet-stream" },
  "DELETE /v1/files/file-1": { json: { id: "file-1", object: "file", deleted: true } },
  "POST /v1/batches": { json: { id: "batch-1", object: "batch", status: "validating" } },
  "GET /v1/batches/gone": { status: 404, json: error("no such batch", "invalid_request_error", null) },
  "POST /v1/messages/count_tokens": { json: { input_tokens: 42 } },
};

export function start() {
  const asked = [];
  const server = http.createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("latin1");
      const url = request.url.split("?")[0];
      const model = body.match(/"model": ?"([^"]*)"/)?.[1];
      asked.push(`${request.method} ${url} ${model ?? ""}`);
      answer(response, PATHS[`${request.method} ${url}`] ?? MODELS[model] ?? MODELS["404"]);
    });
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () =>
    ready({ url: `http://127.0.0.1:${server.address().port}`, asked, close: () => server.close() })));
}

function answer(response, how) {
  const type = how.type ?? (how.events ? "text/event-stream" : "application/json");
  response.writeHead(how.status ?? 200, { "content-type": type, "x-request-id": "req-1", "request-id": "req-1", ...how.headers });
  if (how.events) {
    const next = (at) => {
      if (at < how.events.length) {
        response.write(how.events[at]);
        setTimeout(next, 5, at + 1);
      } else if (how.cut) {
        response.destroy();
      } else {
        response.end();
      }
    };
    next(0);
  } else {
    response.end(how.bytes ?? how.text ?? JSON.stringify(how.json));
  }
}
