import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { childArguments, childEnvironment } from "./child-arguments.js";
import { FrameReader, frameOf } from "./process-frames.js";
import { watchServer } from "./watch-server.js";
import type { OpenWorker, ServerChannel, WorkerListener } from "./worker-channel.js";
import type { FromWorker, ToWorker } from "./worker-messages.js";

/** Where a child process finds its server: a stream socket beside the standard ones. */
const CHANNEL_FD = 3;

/** How long a child whose socket is closed may take to end, in milliseconds. */
const ENDING_MS = 2_000;

/** Opens child processes that run this module. */
export function processWorkers(entry: URL): OpenWorker {
  return (listener) => openProcess(entry, listener);
}

function openProcess(entry: URL, { received, ended }: WorkerListener): ReturnType<OpenWorker> {
  const child = spawn(process.execPath, [...childArguments(process.execArgv), fileURLToPath(entry)], {
    // What native code prints must not end up in this process's standard output.
    stdio: ["ignore", 2, 2, "pipe"],
    env: childEnvironment(process.env),
    windowsHide: true,
  });
  let why: string | undefined;
  child.once("error", (error) => {
    why ??= `it could not be started: ${error.message}`;
  });
  child.once("close", (code, signal) => {
    ended(why ?? (signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`));
  });
  const socket = socketOf(child);
  const reader = new FrameReader((message) => received(message as FromWorker));
  socket?.on("data", (chunk) => {
    try {
      reader.push(chunk);
    } catch (error) {
      why ??= `a message of it could not be read: ${String(error)}`;
      child.kill("SIGKILL");
    }
  });
  // A child that has gone is told by its exit; one that only lets go of its socket can never answer again.
  socket?.on("error", () => {});
  socket?.once("close", () => {
    const timer = setTimeout(() => child.kill("SIGKILL"), ENDING_MS);
    child.once("exit", () => clearTimeout(timer));
  });
  return {
    send: (message) => socket && writeFrame(socket, message),
    kill: () => void child.kill("SIGKILL"),
  };
}

/** `undefined` where the child could not be started for want of file descriptors, whatever the types say. */
function socketOf({ stdio }: Pick<Partial<ChildProcess>, "stdio">): Socket | undefined {
  return stdio?.[CHANNEL_FD] as Socket | undefined;
}

/** Inside of a child process: the server that opened it. */
export function processServer(): ServerChannel {
  const socket = new Socket({ fd: CHANNEL_FD });
  // The server goes down without a word: nothing is left to be done. Its signals are not for this process, which it ends itself.
  socket.on("close", () => process.exit(0));
  socket.on("error", () => process.exit(0));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  watchServer();
  return {
    send: (message) => void writeFrame(socket, message),
    listen: (receive) => {
      const reader = new FrameReader((message) => receive(message as ToWorker));
      socket.on("data", (chunk) => reader.push(chunk));
    },
    close: () => socket.end(),
  };
}

function writeFrame(socket: Socket, message: ToWorker | FromWorker): void {
  socket.cork();
  for (const piece of frameOf(message)) socket.write(piece);
  socket.uncork();
}
