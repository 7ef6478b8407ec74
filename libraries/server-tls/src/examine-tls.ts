import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { readPem } from "./pem-source.js";
import type { TlsOptions } from "./tls-options.js";

/** What is wrong with the files, or deserves a word. Shows nothing of what they hold. */
export interface TlsFinding {
  /** Absent: they do not go together. */
  readonly option?: "certificate" | "key" | "clientCa";
  readonly message: string;
  readonly severity: "fault" | "warning";
}

export interface ExaminedTls {
  /** For `node:tls`; `undefined` where there is a fault. */
  readonly context: SecureContextOptions | undefined;
  readonly findings: readonly TlsFinding[];
}

/** Reads the files and looks at what they hold. Never rejects. */
export async function examineTls(options: TlsOptions, directory: string): Promise<ExaminedTls> {
  const examination = new Examination();
  const [cert, keyText, ca] = await Promise.all([
    examination.read("certificate", options.certificate, directory),
    examination.read("key", options.key, directory),
    options.clientCa === undefined ? undefined : examination.read("clientCa", options.clientCa, directory),
  ]);
  const [certificate] = examination.certificatesIn("certificate", cert);
  const key = examination.keyIn(keyText);
  examination.certificatesIn("clientCa", ca);
  if (certificate !== undefined && key !== undefined && !certificate.checkPrivateKey(key)) {
    examination.fault("key", "is not the key of `certificate`, whose first one must be the server's own");
  }
  const { minVersion } = options;
  const context = { cert, key: keyText, ...(ca !== undefined && { ca }), minVersion };
  const isUsable = !examination.hasFaults && examination.accepts(context);
  return { context: isUsable ? context : undefined, findings: examination.findings };
}

class Examination {
  readonly findings: TlsFinding[] = [];

  get hasFaults(): boolean {
    return this.findings.some(({ severity }) => severity === "fault");
  }

  fault(option: TlsFinding["option"], message: string): void {
    this.findings.push({ ...(option && { option }), message, severity: "fault" });
  }

  async read(option: "certificate" | "key" | "clientCa", source: string, directory: string) {
    try {
      return await readPem(source, directory);
    } catch (error) {
      this.fault(option, (error as Error).message);
      return undefined;
    }
  }

  certificatesIn(option: "certificate" | "clientCa", text: Buffer | undefined): readonly X509Certificate[] {
    if (text === undefined) return [];
    const blocks = text.toString("latin1").match(CERTIFICATE) ?? [];
    if (blocks.length === 0) this.fault(option, "expected certificates as PEM, got none");
    return blocks.flatMap((block, index) => {
      try {
        const certificate = new X509Certificate(block);
        const untimely = untimeliness(certificate, Date.now());
        if (untimely !== undefined) this.#warn(option, untimely, index);
        return certificate;
      } catch {
        this.fault(option, `expected certificates as PEM, got one that cannot be read (number ${index + 1})`);
        return [];
      }
    });
  }

  keyIn(text: Buffer | undefined): KeyObject | undefined {
    if (text === undefined) return undefined;
    try {
      return createPrivateKey(text);
    } catch {
      // "BEGIN ENCRYPTED PRIVATE KEY", or "Proc-Type: 4,ENCRYPTED" of older files.
      const isLocked = text.includes("ENCRYPTED");
      this.fault("key", isLocked ? "expected a key without a passphrase" : "expected a private key as PEM");
      return undefined;
    }
  }

  /** Whether OpenSSL takes it. */
  accepts(context: SecureContextOptions): boolean {
    try {
      createSecureContext(context);
      return true;
    } catch (error) {
      this.fault(undefined, `OpenSSL does not take the files: ${(error as Error).message}`);
      return false;
    }
  }

  #warn(option: "certificate" | "clientCa", untimely: string, index: number): void {
    const which = index === 0 ? "" : ` (number ${index + 1} in it)`;
    this.findings.push({ option, message: `${untimely}${which}; it will be refused`, severity: "warning" });
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Whether a certificate is out of its time. */
function untimeliness({ validFrom, validTo }: X509Certificate, nowMs: number): string | undefined {
  const [from, to] = [new Date(validFrom), new Date(validTo)];
  if (to.getTime() <= nowMs) return `expired at ${to.toISOString()}`;
  if (from.getTime() > nowMs) return `is not valid before ${from.toISOString()}`;
  return undefined;
}
