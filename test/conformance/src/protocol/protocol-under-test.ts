import type { Protocol, ServerSettings } from "@plinth/core";
import type { EchoServer } from "./echo-server.js";

/** What the suite needs of a protocol. */
export interface ProtocolUnderTest {
  /** A protocol that will listen on `port`; 0 takes any that is free. */
  create(settings: ServerSettings, port: number): Protocol;
  /**
   * Sends one inference with a client of this protocol to the endpoint: model `echo`, signature `serving_default`, input `x` of
   * float32 [2] with the values 1 and 2. Settles with the values of the output `y`; rejects where the answer is an error or
   * none comes.
   */
  infer(url: string): Promise<readonly number[]>;
}

/** What a case of the suite is given. */
export interface ProtocolContext {
  readonly subject: ProtocolUnderTest;
  readonly server: EchoServer;
  /** A protocol of the subject, which the suite disposes after the case. */
  create(port?: number): Protocol;
}

export interface ProtocolCase {
  readonly name: string;
  run(context: ProtocolContext): Promise<void>;
}
