import "reflect-metadata";
import { KeyObject, webcrypto } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";

const KEY: webcrypto.EcKeyGenParams = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE: webcrypto.EcdsaParams = { name: "ECDSA", hash: "SHA-256" };

const HOUR_MS = 3_600_000;

/** An authority that lives as long as its test, and writes certificates for this machine into a folder. */
export class TestAuthority {
  readonly #folder: string;
  readonly #keys: webcrypto.CryptoKeyPair;

  private constructor(folder: string, keys: webcrypto.CryptoKeyPair) {
    this.#folder = folder;
    this.#keys = keys;
  }

  /** Writes `ca.crt`. */
  static async create(folder: string): Promise<TestAuthority> {
    const keys = await webcrypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name: "CN=Test authority",
      keys,
      signingAlgorithm: SIGNATURE,
      ...aroundNow(),
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    await writeFile(join(folder, "ca.crt"), certificate.toString("pem"));
    return new TestAuthority(folder, keys);
  }

  /** Writes `<name>.crt` and `<name>.key`, for a server or a client of that common name, from an hour ago until in an hour by default. */
  async issue(name: string, validity: Validity = aroundNow()): Promise<void> {
    const keys = await webcrypto.subtle.generateKey(KEY, true, ["sign", "verify"]);
    const certificate = await X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: "CN=Test authority",
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: SIGNATURE,
      ...validity,
      extensions: [
        new SubjectAlternativeNameExtension([
          { type: "dns", value: "localhost" },
          { type: "ip", value: "127.0.0.1" },
        ]),
      ],
    });
    await writeFile(join(this.#folder, `${name}.crt`), certificate.toString("pem"));
    await writeFile(
      join(this.#folder, `${name}.key`),
      KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }),
    );
  }
}

interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

function aroundNow(): Validity {
  return { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + HOUR_MS) };
}
