import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";

export interface Answer {
  /** 0 where the connection broke before there was one. */
  readonly status: number;
  readonly body: string;
}

/** Clients with a connection each, which they keep; a connection that breaks is made anew for the next request. */
export class KeptConnections {
  readonly #agents: readonly Agent[];
  readonly #url: string;

  constructor(url: string, count: number) {
    this.#url = url;
    this.#agents = Array.from({ length: count }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  }

  /** The same request on every connection at the same time. */
  ask(path: string, body?: string): Promise<readonly Answer[]> {
    return Promise.all(this.#agents.map((agent) => this.#ask(agent, path, body)));
  }

  /** Every client asks again and again, each time once it is answered, until `stopped`; gives all answers. */
  async askUntil(stopped: Promise<unknown>, path: string, body: string): Promise<readonly Answer[]> {
    let isStopped = false;
    const stop = () => {
      isStopped = true;
    };
    stopped.then(stop, stop);
    const answers = this.#agents.map(async (agent) => {
      const own: Answer[] = [];
      while (!isStopped) own.push(await this.#ask(agent, path, body));
      return own;
    });
    return (await Promise.all(answers)).flat();
  }

  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }

  #ask(agent: Agent, path: string, body: string | undefined): Promise<Answer> {
    return new Promise((resolve) => {
      const broken = (error: Error) => resolve({ status: 0, body: error.message });
      const sent = request(
        `${this.#url}${path}`,
        { method: body === undefined ? "GET" : "POST", agent },
        (response) => {
          text(response).then((answer) => resolve({ status: response.statusCode ?? 0, body: answer }), broken);
        },
      );
      sent.once("error", broken);
      sent.end(body);
    });
  }
}
