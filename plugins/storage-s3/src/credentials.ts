import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { PlinthError } from "@plinth/core";
import { parse } from "ini";
import { type ClientOptions, IamAwsProvider } from "minio";
import type { S3StorageOptions } from "./options.js";

/** What the client signs with: keys, or where it asks for keys that expire. */
export type Credentials = Pick<ClientOptions, "accessKey" | "secretKey" | "sessionToken" | "credentialsProvider">;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Looks for credentials where Amazon's own tools do, the first wins: options, `AWS_ACCESS_KEY_ID` and its companions, the role that
 * a container or a service account was given, the shared credentials file. An explicit `profile` goes before the environment.
 *
 * @throws PlinthError `STORAGE_UNAVAILABLE` where there are none
 */
export async function findCredentials(
  options: Pick<S3StorageOptions, "accessKeyId" | "secretAccessKey" | "sessionToken" | "profile">,
  environment: Environment,
): Promise<Credentials> {
  const given = keys(options.accessKeyId, options.secretAccessKey, options.sessionToken);
  if (given !== undefined) return given;
  if (options.profile !== undefined) return fromFile(options.profile, environment);
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  const fromEnvironment = keys(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN);
  if (fromEnvironment !== undefined) return fromEnvironment;
  if (ROLE_VARIABLES.some((name) => environment[name])) return { credentialsProvider: new IamAwsProvider({}) };
  return fromFile(environment.AWS_PROFILE || "default", environment);
}

/** The region that Amazon's own tools would take, unless the options name one. */
export function findRegion({ region }: Pick<S3StorageOptions, "region">, environment: Environment): string | undefined {
  return region || environment.AWS_REGION || environment.AWS_DEFAULT_REGION || undefined;
}

/** Each says that Amazon's container services hand out keys for a role. */
const ROLE_VARIABLES = [
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

async function fromFile(profile: string, environment: Environment): Promise<Credentials> {
  const file = environment.AWS_SHARED_CREDENTIALS_FILE || join(environment.HOME || homedir(), ".aws", "credentials");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw missing(`${file} cannot be read: ${(cause as Error).message}`, cause);
  }
  const sections: Readonly<Record<string, unknown>> = parse(text);
  const section = Object.hasOwn(sections, profile) ? sections[profile] : undefined;
  const entries = (typeof section === "object" && section !== null ? section : {}) as Environment;
  const found = keys(entries.aws_access_key_id, entries.aws_secret_access_key, entries.aws_session_token);
  if (found === undefined) {
    throw missing(`${file} has no section [${profile}] with aws_access_key_id and aws_secret_access_key`);
  }
  return found;
}

function keys(accessKey?: string, secretKey?: string, sessionToken?: string): Credentials | undefined {
  if (!accessKey || !secretKey) return undefined;
  return { accessKey, secretKey, ...(sessionToken ? { sessionToken } : {}) };
}

function missing(found: string, cause?: unknown): PlinthError {
  return new PlinthError(
    "STORAGE_UNAVAILABLE",
    "Expected credentials for the store as accessKeyId and secretAccessKey beside `use: s3`, in AWS_ACCESS_KEY_ID and " +
      `AWS_SECRET_ACCESS_KEY, or in the shared credentials file, but ${found}`,
    { cause },
  );
}
