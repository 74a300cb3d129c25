/** A bot that does nothing but answer "ok": what it reaches is the ceiling of the harness. */
import { Agent, createServer, request } from "node:http";
import { watchProcess } from "./measure.ts";
import { answerQuestions } from "./questions.ts";

const sample = watchProcess();
const { PORT, PUBLIC_URL, TELEGRAM_API_ROOT = "", TELEGRAM_BOT_TOKEN } = process.env;
const agent = new Agent({ keepAlive: true });

function tell(method: string, payload: object): void {
  const body = JSON.stringify(payload);
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const address = `${TELEGRAM_API_ROOT}/bot${TELEGRAM_BOT_TOKEN}/${method}`;
  request(address, { method: "POST", agent, headers }, (response) => response.resume()).end(body);
}

const server = createServer(async (incoming, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  response.end("OK");
  const update = JSON.parse(Buffer.concat(chunks).toString());
  tell("sendMessage", { chat_id: update.message.chat.id, text: "ok" });
});
server.listen(Number(PORT), "127.0.0.1", () =>
  tell("setWebhook", { url: `${PUBLIC_URL}/webhooks/telegram` }),
);

answerQuestions((question) => {
  if (question.ask === "sample") return sample(question.collect);
  if (question.ask === "stop") {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  }
  return undefined;
});
