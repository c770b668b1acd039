// The official Node clients, unmodified, once straight at an API and once through the gateway: ./run
// Prints what differs, and ends with 1 if anything does.
import Anthropic from "@anthropic-ai/sdk";
import { spawn } from "node:child_process";
import OpenAI, { toFile } from "openai";
import { start } from "./upstream.mjs";

// Who asks again is the gateway; what is still refused after 3 s is an error. Anthropic's client says how long it waits, OpenAI's does not.
const SECONDS = 3;
const GATEWAY = "http://127.0.0.1:18090";

/** Where callers get more than directly, and what. */
const MORE = {
  "chat page": "InternalServerError 502", // a page of a proxy is no answer
  "chat stream stream-cut": "APIError ", // in the SDK's own words
};

const MESSAGES = [{ role: "user", content: "Hello?" }];

async function events(stream) {
  const all = [];
  for await (const event of stream) {
    all.push(event);
  }
  return all;
}

const CASES = { openai: {}, anthropic: {} };
for (const model of ["chat", "chat-umlauts", "chat-tool", "chat-length", "chat-unknown-fields", "400", "400-length", "401", "403", "404",
  "413", "422", "429", "500", "503", "page"]) {
  CASES.openai[`chat ${model}`] = (client) => client.chat.completions.create({ model, messages: MESSAGES });
}
for (const model of ["stream", "stream-umlauts", "stream-tool", "stream-crlf", "stream-comments", "stream-error", "stream-cut", "400", "404", "429"]) {
  CASES.openai[`chat stream ${model}`] = async (client) =>
    events(await client.chat.completions.create({ model, messages: MESSAGES, stream: true, stream_options: { include_usage: model === "stream" } }));
}
Object.assign(CASES.openai, {
  "chat helper": async (client) => (await client.chat.completions.stream({ model: "stream", messages: MESSAGES }).finalChatCompletion()).choices,
  "responses": (client) => client.responses.create({ model: "responses", input: "Hello?" }),
  "responses stream": async (client) => events(await client.responses.create({ model: "responses-stream", input: "Hello?", stream: true })),
  "responses retrieve": (client) => client.responses.retrieve("resp_1"),
  "responses cancel": (client) => client.responses.cancel("resp_1"),
  "responses delete": (client) => client.responses.delete("resp_1"),
  "responses items": async (client) => (await client.responses.inputItems.list("resp_1")).data,
  "embeddings": (client) => client.embeddings.create({ model: "embeddings", input: "x", encoding_format: "float" }),
  "moderations": (client) => client.moderations.create({ model: "moderations", input: "x" }),
  "speech": async (client) => Buffer.from(await (await client.audio.speech.create({ model: "speech", input: "x", voice: "alloy" })).arrayBuffer()).toString("hex"),
  "images": (client) => client.images.generate({ model: "images", prompt: "x" }),
  "models": async (client) => (await client.models.list()).data,
  "model": (client) => client.models.retrieve("m"),
  "file upload": async (client) => client.files.create({ file: await toFile(Buffer.from("{}\n"), "a.jsonl"), purpose: "batch" }),
  "file content": async (client) => Buffer.from(await (await client.files.content("file-1")).arrayBuffer()).toString("hex").length,
  "file delete": (client) => client.files.delete("file-1"),
  "batch": (client) => client.batches.create({ input_file_id: "file-1", endpoint: "/v1/chat/completions", completion_window: "24h" }),
  "batch gone": (client) => client.batches.retrieve("gone"),
});
for (const model of ["messages", "messages-tool", "messages-400", "messages-401", "messages-404", "messages-429", "messages-529"]) {
  CASES.anthropic[model] = (client) => client.messages.create({ model, max_tokens: 9, messages: MESSAGES });
}
Object.assign(CASES.anthropic, {
  "messages stream": async (client) => events(await client.messages.create({ model: "messages-stream", max_tokens: 9, messages: MESSAGES, stream: true })),
  "messages helper": async (client) => client.messages.stream({ model: "messages-stream", max_tokens: 9, messages: MESSAGES }).finalMessage(),
  "messages stream error": async (client) =>
    events(await client.messages.create({ model: "messages-stream-error", max_tokens: 9, messages: MESSAGES, stream: true })),
  "count tokens": (client) => client.messages.countTokens({ model: "m", messages: MESSAGES }),
});

/** What a client makes of it: the object, or the class of the exception and its status. */
async function outcome(ask, client) {
  try {
    return JSON.stringify(await ask(client));
  } catch (failure) {
    return `${failure.constructor.name} ${failure.status ?? ""}`;
  }
}

const api = await start();
const served = spawn(process.argv[2], ["serve", "--upstream", `${api.url}/v1`, "--listen", new URL(GATEWAY).host], {
  env: { ...process.env, BACKSTAY_LEDGER: "off", BACKSTAY_ADMIN_LISTEN: "off", BACKSTAY_TIMEOUTS_TOTAL: `${SECONDS}s` },
  stdio: ["ignore", "ignore", "inherit"],
});
try {
  for (let tries = 0; ; tries++) {
    try {
      await fetch(`${GATEWAY}/health/live`);
      break;
    } catch (notYet) {
      if (tries > 600 || served.exitCode !== null) {
        throw new Error("the gateway did not start");
      }
      await new Promise((later) => setTimeout(later, 100));
    }
  }
  let different = 0;
  for (const [sdk, cases] of Object.entries(CASES)) {
    const base = (url) => (sdk === "openai" ? `${url}/v1` : url);
    const make = (url) => new (sdk === "openai" ? OpenAI : Anthropic)({ baseURL: base(url), apiKey: "k", maxRetries: 0, timeout: (sdk === "openai" ? 60 : SECONDS) * 1000 });
    const direct = make(api.url);
    const through = make(GATEWAY);
    for (const [name, ask] of Object.entries(cases)) {
      const expected = await outcome(ask, direct);
      const got = await outcome(ask, through);
      const same = got === (MORE[name] ?? expected);
      different += same ? 0 : 1;
      console.log(`${same ? (MORE[name] ? "more     " : "same     ") : "DIFFERENT"} ${sdk.padEnd(9)} ${name}${same ? "" : `\n  directly ${expected}\n  through  ${got}`}`);
    }
  }
  console.log(different === 0 ? "no difference" : `${different} differences`);
  process.exitCode = different === 0 ? 0 : 1;
} finally {
  served.kill();
  api.close();
}
