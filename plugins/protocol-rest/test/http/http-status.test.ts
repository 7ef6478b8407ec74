import { type ErrorCode, PlinthError } from "@plinth/core";
import { expect, it } from "vitest";
import { httpStatus } from "../../src/http/http-status.js";

it.each<[code: ErrorCode, status: number]>([
  ["CANCELLED", 499],
  ["INVALID_ARGUMENT", 400],
  ["FAILED_PRECONDITION", 400],
  ["OUT_OF_RANGE", 400],
  ["UNAUTHENTICATED", 401],
  ["PERMISSION_DENIED", 403],
  ["NOT_FOUND", 404],
  ["ALREADY_EXISTS", 409],
  ["ABORTED", 409],
  ["RESOURCE_EXHAUSTED", 429],
  ["UNKNOWN", 500],
  ["INTERNAL", 500],
  ["DATA_LOSS", 500],
  ["UNIMPLEMENTED", 501],
  ["UNAVAILABLE", 503],
  ["DEADLINE_EXCEEDED", 504],
])("X27: %s is %i", (code, status) => {
  expect(httpStatus(new PlinthError({ code, reason: "OF_THE_TEST" }, "why"))).toBe(status);
});
