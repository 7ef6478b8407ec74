// Bare node:http servers to measure against: `echo` sends the body back unread, `parse` parses it and answers ten numbers, `session`
// is what a person would write by hand: it runs an ONNX file on the rows of the request, on the thread that serves.
import { createServer } from "node:http";

const [answering, file] = process.argv.slice(2);
const answer = { echo: () => (body) => body, parse, session }[answering];
const answerTo = await answer();

const server = createServer((request, response) => {
  if (request.method === "GET") return response.end();
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const content = await answerTo(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": content.length });
    response.end(content);
  });
});
server.listen(0, "127.0.0.1", () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
process.on("SIGTERM", () => process.exit(0));

function parse() {
  const numbers = JSON.stringify({ predictions: [Array.from({ length: 10 }, (_, index) => index / 10)] });
  return (body) => {
    JSON.parse(body);
    return numbers;
  };
}

async function session() {
  const { InferenceSession, Tensor } = await import("onnxruntime-node");
  const loaded = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  return async (body) => {
    const { instances } = JSON.parse(body);
    const image = new Tensor("float32", instances.flat(), [instances.length, instances[0].length]);
    const { probabilities } = await loaded.run({ image }, ["probabilities"]);
    return JSON.stringify({ predictions: Array.from(probabilities.data) });
  };
}
