import { describe, expect, it } from "vitest";
import { isRefusedByOp, sessionError } from "../src/native/native-errors.js";

const fromSession = (message: string) => new Error(`Session fail to run with error: ${message}`);

describe("what a session of TensorFlow's says", () => {
  it.each([
    "Name: <unknown>, Feature: x (data type: float) is required but could not be found.\n\t [[{{node ParseExample/ParseExampleV2}}]]",
    "Name: <unknown>, Key: x, Index: 0.  Data types don't match. Data type: int64 but expected type: float",
    "Could not parse example input, value: '\xff\xff'",
    "indices[0] = 7 is not in [0, 2)\n\t [[{{node GatherV2}}]]",
    "StringToNumberOp could not correctly convert string: abc\n\t [[{{node StringToNumber}}]]",
    "assertion failed: [] [Condition x > 0 did not hold element-wise:] [x (Placeholder:0) = ] [-1]",
    "Invalid character found in base64.\n\t [[{{node DecodeBase64}}]]",
    "Unknown image file format. One of JPEG, JPEG XL, PNG, GIF, BMP, WebP required.",
    "jpeg::Uncompress failed. Invalid JPEG data or crop window.",
    "Integer division by zero\n\t [[{{node floordiv}}]]",
    "Input is not invertible.\n\t [[{{node MatrixInverse}}]]",
  ])("of values is the client's mistake: %s", (message) => {
    expect(sessionError(fromSession(message))).toMatchObject({ reason: "TENSOR_INVALID", code: "INVALID_ARGUMENT" });
  });

  it.each([
    "Matrix size-incompatible: In[0]: [1,2], In[1]: [3,2]",
    "Incompatible shapes: [2] vs. [3]",
    "Name: <unknown>, Key: x, Index: 0.  Number of float values != expected.  values size: 1 but output shape: [2]",
  ])("of shapes is the client's mistake: %s", (message) => {
    expect(sessionError(fromSession(message)).reason).toBe("INPUT_SHAPE_MISMATCH");
  });

  it.each([
    "OOM when allocating tensor with shape[100000,100000,1000] and type float",
    "Table not initialized.\n\t [[{{node hash_table_Lookup/LookupTableFindV2}}]]",
    "Could not find variable v. This could mean that the variable has been deleted.",
    "/nope; No such file or directory\n\t [[{{node ReadFile}}]]",
    "No OpKernel was registered to support Op 'Foo' used by {{node Foo}}",
    "You must feed a value for placeholder tensor 'x' with dtype float",
  ])("of the server or the model is not: %s", (message) => {
    expect(sessionError(fromSession(message)).reason).toBe("MODEL_RUN_FAILED");
  });

  it("is told from what else goes wrong", () => {
    expect(sessionError(new Error("boom")).reason).toBe("MODEL_RUN_FAILED");
  });
});

it("what a single op says of its inputs has TensorFlow's status", () => {
  expect(isRefusedByOp("Invalid TF_Status: 3\nMessage: indices[0] = 7 is not in [0, 2)")).toBe(true);
  expect(isRefusedByOp("Invalid TF_Status: 8\nMessage: OOM when allocating tensor")).toBe(false);
});
