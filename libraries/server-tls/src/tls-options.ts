import { z } from "zod";

/** Each of the files may also be that text itself. Paths are relative to the folder of the configuration. */
export interface TlsOptions {
  readonly certificate: string;
  readonly key: string;
  /** Whose certificates clients must show. Absent: clients show none. */
  readonly clientCa?: string | undefined;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
}

/** What may stand under `tls` in the options of a protocol. */
export const tlsOptions: z.ZodType<TlsOptions> = z.strictObject({
  certificate: z
    .string()
    .min(1)
    .describe("PEM file of the server's certificate, with those that lead to its root, or that text itself."),
  key: z.string().min(1).describe("PEM file of the certificate's private key, or that text itself."),
  clientCa: z
    .string()
    .min(1)
    .optional()
    .describe("PEM file of authorities; clients must show a certificate of one of them. Left out: they show none."),
  minVersion: z
    .enum(["TLSv1.2", "TLSv1.3"])
    .default("TLSv1.2")
    .describe("Oldest version that is spoken. Default: TLSv1.2"),
});
