import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { type RequestOptions, request as requestOver } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { TestAuthority } from "../../../../libraries/server-tls/test/test-authority.js";

/** Certificates that live as long as their test. */
export class Certificates implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "plinth-rest-tls-"));

  async issue(...names: readonly string[]): Promise<void> {
    const authority = await TestAuthority.create(this.folder);
    for (const name of names) await authority.issue(name);
  }

  /** As the option `tls` names them. */
  tls(name: string): { readonly certificate: string; readonly key: string; readonly minVersion: "TLSv1.2" } {
    return { certificate: this.path(`${name}.crt`), key: this.path(`${name}.key`), minVersion: "TLSv1.2" };
  }

  path(file: string): string {
    return join(this.folder, file);
  }

  pem(file: string): Buffer {
    return readFileSync(this.path(file));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** A connection that has agreed on TLS. */
export async function secureConnection(url: string, options: ConnectionOptions): Promise<TLSSocket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), ...options });
  await once(socket, "secureConnect");
  return socket;
}

/** All that comes back for these bytes, until the server closes the connection. */
export async function secureExchange(url: string, bytes: string, options: ConnectionOptions): Promise<string> {
  const socket = await secureConnection(url, options);
  socket.write(bytes);
  return text(socket);
}

export interface SecureAnswer {
  readonly status: number;
  readonly body: string;
  /** Of the certificate that the server showed. */
  readonly commonName: string;
}

export function secureRequest(
  url: string,
  { body, ...options }: RequestOptions & { readonly body?: string },
): Promise<SecureAnswer> {
  return new Promise((resolve, reject) => {
    const request = requestOver(url, { ...options, method: body === undefined ? "GET" : "POST" }, async (response) => {
      const { subject } = (response.socket as TLSSocket).getPeerCertificate();
      const commonName = String(subject?.CN ?? "");
      resolve({ status: response.statusCode ?? 0, body: await text(response), commonName });
    });
    request.once("error", reject);
    request.end(body);
  });
}
