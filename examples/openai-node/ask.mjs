// Asks through Backstay with the official OpenAI client: node ask.mjs [BASE_URL] [CALLS]
import OpenAI from "openai";

const baseURL = process.argv[2] ?? "http://127.0.0.1:8080/v1";
const calls = Number(process.argv[3] ?? 10);
const client = new OpenAI({ baseURL, apiKey: "not-used" });
const question = {
  model: "accounts/fireworks/models/demo",
  messages: [{ role: "user", content: "What is a backstay?" }],
};

const answers = await Promise.allSettled(
  Array.from({ length: calls }, () => client.chat.completions.create(question)),
);
const good = answers.filter((a) => a.status === "fulfilled" && a.value.choices[0].finish_reason === "stop").length;

let text = "";
for await (const chunk of await client.chat.completions.create({ ...question, stream: true, max_tokens: 1 })) {
  text += chunk.choices[0]?.delta?.content ?? "";
}
console.log(`${good} of ${calls} answers came whole; the stream said: ${text}`);
for (const failed of answers.filter((a) => a.status === "rejected")) {
  console.log(failed.reason.message);
}
// One in ten attempts may fail in every way there is, so a call in a thousand is lost with all its tries.
process.exit(good >= calls - Math.floor(calls / 20) && text.length > 0 ? 0 : 1);
