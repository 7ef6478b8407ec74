// Bare node:http servers to measure against: `echo` sends the body back, `json-echo` parses it and writes it anew, `parse` parses
// it and answers ten numbers.
import { createServer } from "node:http";

const ANSWER = JSON.stringify({ predictions: [Array.from({ length: 10 }, (_, index) => index / 10)] });
const answers = {
  echo: (body) => body,
  "json-echo": (body) => Buffer.from(JSON.stringify(JSON.parse(body))),
  parse: (body) => {
    JSON.parse(body);
    return ANSWER;
  },
};
const answerTo = answers[process.argv[2]];

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const answer = answerTo(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": answer.length });
    response.end(answer);
  });
});
server.listen(0, "127.0.0.1", () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
process.on("SIGTERM", () => process.exit(0));
