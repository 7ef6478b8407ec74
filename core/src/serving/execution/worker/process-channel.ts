import { spawn } from "node:child_process";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { FrameReader, frameOf } from "./process-frames.js";
import type { OpenWorker, ServerChannel, WorkerListener } from "./worker-channel.js";
import type { FromWorker, ToWorker } from "./worker-messages.js";

/** Where a child process finds its server: a stream socket beside the standard ones. */
const CHANNEL_FD = 3;

/** Opens child processes that run this module. */
export function processWorkers(entry: URL): OpenWorker {
  return (listener) => openProcess(entry, listener);
}

function openProcess(entry: URL, { received, ended }: WorkerListener): ReturnType<OpenWorker> {
  // What native code prints must not end up in this process's standard output.
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(entry)], {
    stdio: ["ignore", 2, 2, "pipe"],
    windowsHide: true,
  });
  const socket = child.stdio[CHANNEL_FD] as Socket;
  let why: string | undefined;
  const reader = new FrameReader((message) => received(message as FromWorker));
  socket.on("data", (chunk) => {
    try {
      reader.push(chunk);
    } catch (error) {
      why = `a message of it could not be read: ${String(error)}`;
      child.kill("SIGKILL");
    }
  });
  // A child that has gone is told by its exit.
  socket.on("error", () => {});
  child.once("error", (error) => {
    why ??= `it could not be started: ${error.message}`;
  });
  child.once("close", (code, signal) => {
    ended(why ?? (signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`));
  });
  return {
    send: (message) => void writeFrame(socket, message),
    kill: () => void child.kill("SIGKILL"),
  };
}

/** Inside of a child process: the server that opened it. */
export function processServer(): ServerChannel {
  const socket = new Socket({ fd: CHANNEL_FD });
  // The server goes down without a word: nothing is left to be done. Its signals are not for this process, which it ends itself.
  socket.on("close", () => process.exit(0));
  socket.on("error", () => process.exit(0));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
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
