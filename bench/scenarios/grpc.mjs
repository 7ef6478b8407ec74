import { grpcClosedLoop } from "../measure/grpc-closed-loop.mjs";
import { inTurns } from "../measure/in-turns.mjs";
import { DIGITS } from "../models/model-files.mjs";
import { digitsMessage, pictureMessage } from "../models/predict-messages.mjs";
import { startGrpcFloor } from "../servers/floors.mjs";
import { startPlinth } from "../servers/plinth.mjs";
import { withServers } from "../servers/server-process.mjs";
import { atLeast } from "../target.mjs";

const CONCURRENCY = 64;
const PICTURES_AT_ONCE = 8;

/** What the replies are long, so that the floor sends as much. */
const DIGITS_REPLY_BYTES = 139;
const PICTURE_REPLY_BYTES = 72;

/** Calls that arrive together run together; none waits for others. */
const BATCHING = { model: { batching: { maxBatchSize: CONCURRENCY } } };

const PREDICT = "/tensorflow.serving.PredictionService/Predict";
const ECHO = "/bench.Echo/Echo";

export const grpc = {
  title: "TensorFlow Serving's Predict over gRPC: the digit perceptron, one row a call; a picture of 224x224x3",

  run({ folder, file, rounds, seconds }) {
    const starts = [
      () => startGrpcFloor(DIGITS_REPLY_BYTES),
      () => startPlinth("Plinth", { folder, files: { model: [DIGITS[0]] } }),
      () => startPlinth("Plinth, batching", { folder, files: { model: [DIGITS[0]] }, models: BATCHING }),
      () => startGrpcFloor(PICTURE_REPLY_BYTES),
      () => startPlinth("Plinth", { folder, files: { model: [file("picture")] } }),
    ];
    return withServers(starts, async (digitsFloor, digits, batching, pictureFloor, picture) => {
      const row = { message: digitsMessage("model"), concurrency: CONCURRENCY };
      const floor = overGrpc(digitsFloor, { ...row, method: ECHO });
      const served = overGrpc(digits, { ...row, method: PREDICT });
      const batched = overGrpc(batching, { ...row, method: PREDICT });
      const rows = await inTurns([floor, served, batched], { rounds, seconds: seconds(2) });

      const image = { message: pictureMessage("model", "image"), concurrency: PICTURES_AT_ONCE };
      const pictures = await inTurns(
        [overGrpc(pictureFloor, { ...image, method: ECHO }), overGrpc(picture, { ...image, method: PREDICT })],
        { rounds, seconds: seconds(1.5) },
      );
      return {
        tables: [
          { title: `${CONCURRENCY} calls under way, digits`, rows: rows.rows() },
          { title: `${PICTURES_AT_ONCE} calls under way, pictures of 600 kB`, rows: pictures.rows() },
        ],
        targets: [served, batched].map((candidate) =>
          atLeast(
            `gRPC, calls/s of a bare grpc-js of the same sizes: ${candidate.name}`,
            rows.ratio("perSecond", candidate, floor),
            0.7,
            "x",
          ),
        ),
      };
    });
  },
};

function overGrpc(server, load) {
  const address = new URL(server.urls.at(-1)).host;
  return { name: server.name, load: (seconds) => server.under(() => grpcClosedLoop({ ...load, address, seconds })) };
}
