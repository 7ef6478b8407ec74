/** What a client has of its own for TLS, each as PEM. */
export interface ClientTls {
  /** Whose certificates servers may show, in place of the authorities that Node knows. */
  readonly ca?: string;
  /** Shown to servers that want one. */
  readonly certificate?: string;
  readonly key?: string;
}

/** `fetch` over connections of that TLS: Node's own takes neither authorities nor certificates. */
export async function fetchOver({ ca, certificate, key }: ClientTls): Promise<typeof fetch> {
  const undici = await import("undici");
  const connect = {
    ...(ca !== undefined && { ca }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
  };
  const dispatcher = new undici.Agent({ connect });
  // What Node's own is made of; the types are of two releases.
  const over = undici.fetch as unknown as (input: Parameters<typeof fetch>[0], init: object) => Promise<Response>;
  return (input, init) => over(input, { ...init, dispatcher });
}

const UNKNOWN_AUTHORITY = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

const WANTS_CERTIFICATE = /^ERR_SSL_.*(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA)$/;

const NAME_ONE = "name one with --certificate-file and --key-file";

/** What may be done about a connection that failed with this code of Node's; `undefined` where TLS has no part in it. */
export function tlsAdvice(code: string, isHttps: boolean): string | undefined {
  if (UNKNOWN_AUTHORITY.has(code)) {
    return "Its certificate is of no authority that is known here: name that with --ca-file, PLINTH_CA_FILE or NODE_EXTRA_CA_CERTS";
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "Its certificate is for another name: use that in --server";
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") return "Its certificate is out of its time";
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
    return "It speaks no TLS there: try http://";
  }
  if (WANTS_CERTIFICATE.test(code)) return `It wants a certificate of its clients: ${NAME_ONE}`;
  // Of connections that were cut without a word.
  if (code !== "UND_ERR_SOCKET" && code !== "ECONNRESET") return undefined;
  return isHttps ? `It may want a certificate of its clients: ${NAME_ONE}` : "If it speaks TLS, write https://";
}
